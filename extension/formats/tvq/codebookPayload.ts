/** The payload of a `codebook` tensor: 2^bits values (F32), the packed codes, and one byte per group for its scale. */
import { packedBytes } from '../../../kernels/codes.ts';
import { groupsOf, GROUP_SIZES as STAGE_GROUP_SIZES } from '../../../kernels/groups.ts';

/** Values that share a scale; 0: all of a tensor. */
export const GROUP_SIZES = [0, ...STAGE_GROUP_SIZES] as const;
export type GroupSize = (typeof GROUP_SIZES)[number];

/** The group size for the stages: a tensor with one scale is treated as large groups that all have it. */
export const stageGroupSize = (groupSize: GroupSize) => groupSize || 256;

/** Values that are rotated together. */
export const ROTATION = 256;

export interface CodebookShape {
  readonly bits: number;
  readonly groupSize: GroupSize;
}

/** Where the parts of a payload of `count` values begin, and its total bytes. */
export function codebookParts({ bits, groupSize }: CodebookShape, count: number) {
  const codes = 4 * 2 ** bits;
  const scales = codes + packedBytes(count, bits);
  return { codes, scales, bytes: scales + scaleBytes(groupSize, count) };
}

/** Bytes of the scales of `count` values. */
export const scaleBytes = (groupSize: GroupSize, count: number): number =>
  groupSize === 0 ? 0 : groupsOf(count, groupSize);
