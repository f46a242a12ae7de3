/** The payload of a `codebook` tensor: 2^bits values (F32), the packed codes, a byte a group for its scale. */
import { packedBytes } from '../../../kernels/backend.ts';

/** Values that share a scale; 0: all of a tensor. */
export const GROUP_SIZES = [0, 32, 64, 128, 256] as const;
export type GroupSize = (typeof GROUP_SIZES)[number];

/** Values that are rotated together. */
export const ROTATION = 256;

export interface CodebookShape {
  readonly bits: number;
  readonly groupSize: GroupSize;
}

/** Where the parts of a payload of `count` values begin, and its bytes in all. */
export function codebookParts({ bits, groupSize }: CodebookShape, count: number) {
  const codes = 4 * 2 ** bits;
  const scales = codes + packedBytes(count, bits);
  return { codes, scales, bytes: scales + scaleBytes(groupSize, count) };
}

/** Bytes of the scales of `count` values. */
export const scaleBytes = (groupSize: GroupSize, count: number): number =>
  groupSize === 0 ? 0 : Math.ceil(count / groupSize);
