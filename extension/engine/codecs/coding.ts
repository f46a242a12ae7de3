import { packedBytes } from '../../../kernels/codes.ts';
import type { CodecName } from '../../protocol/recipes.ts';
import { codebookParts, type GroupSize } from '../../formats/tvq/codebookPayload.ts';
import type { Design } from './codebook/codebook.ts';

/** What a restored task vector is made to be: as long as the original along it, or as near to it as can be. */
export type Reconstruction = 'unbiased' | 'nearest';

/** How one tensor of one vector is quantized. */
export type Coding =
  /** The published quantizer: min–max affine, packed codes. */
  | { readonly codec: 'affine'; readonly bits: number }
  /** Packed codes of a codebook's values, times a scale a group; over rotated values where `rotated`. */
  | {
      readonly codec: 'codebook';
      readonly bits: number;
      readonly design: Design;
      readonly groupSize: GroupSize;
      readonly rotated: boolean;
    }
  /** A lattice of `step` over rotated values, entropy-coded into `bytes` bytes, zeros at the end included. */
  | { readonly codec: 'entropy'; readonly step: number; readonly bytes: number };

export type CodebookCoding = Extract<Coding, { codec: 'codebook' }>;
export type EntropyCoding = Extract<Coding, { codec: 'entropy' }>;

/** Values of a group where a recipe does not say: what each design does best with. */
export const DEFAULT_GROUP_SIZE: Readonly<Record<Exclude<CodecName, 'minmax' | 'entropy'>, GroupSize>> = {
  clip: 64,
  gaussian: 64,
  'lloyd-max': 64,
  hadamard: 256,
};

/** The coding of fixed width that a recipe's codec stands for. */
export function fixedCoding(
  codec: Exclude<CodecName, 'entropy'>,
  bits: number,
  groupSize?: GroupSize,
): Coding {
  if (codec === 'minmax') return { codec: 'affine', bits };
  return {
    codec: 'codebook',
    bits,
    design: codec === 'hadamard' ? 'gaussian' : codec,
    groupSize: groupSize ?? DEFAULT_GROUP_SIZE[codec],
    rotated: codec === 'hadamard',
  };
}

/** Payload bytes of `count` values. */
export function codedBytes(coding: Coding, count: number): number {
  switch (coding.codec) {
    case 'affine':
      return packedBytes(count, coding.bits);
    case 'codebook':
      return codebookParts(coding, count).bytes;
    case 'entropy':
      return coding.bytes;
  }
}

/** Bits of the codes while they are in backend memory; a codebook may be fitted to values counted by 8-bit codes. */
export const codeBits = (coding: Coding): number => (coding.codec === 'affine' ? coding.bits : 8);

/** Bits a weight as a coding is called: the width of its codes, or the rate of entropy-coded ones. */
export const nominalBits = (coding: Coding, count: number): number =>
  coding.codec === 'entropy' ? (8 * coding.bytes) / count : coding.bits;
