/** Groups of values that share a scale, stored as a byte. A tensor's last group may have fewer values. */

/** Values of a group; a chunk's alignment is a multiple of each. */
export const GROUP_SIZES = [32, 64, 128, 256] as const;

/** Values that a scale's byte can have. */
export const SCALES = 256;

/** Number of groups in `count` values. */
export const groupsOf = (count: number, groupSize: number): number => Math.ceil(count / groupSize);
