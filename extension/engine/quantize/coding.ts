import { packedBytes } from '../../../kernels/backend.ts';

/** What a restored task vector is made to be: as long as the original along it, or as near to it as can be. */
export type Reconstruction = 'unbiased' | 'nearest';

/** How one tensor of one vector is quantized. */
export type Coding =
  /** The published quantizer: min–max affine, packed codes. */
  | { readonly codec: 'affine'; readonly bits: number }
  /** A lattice of `step` over rotated values, entropy-coded into `bytes` bytes, zeros at the end included. */
  | { readonly codec: 'entropy'; readonly step: number; readonly bytes: number };

/** Payload bytes of `count` values. */
export const codedBytes = (coding: Coding, count: number): number =>
  coding.codec === 'affine' ? packedBytes(count, coding.bits) : coding.bytes;

/** Bits of the codes while they are in backend memory. */
export const codeBits = (coding: Coding): number => (coding.codec === 'affine' ? coding.bits : 8);
