/**
 * A recipe's names for codecs. Fixed width: `minmax`, the published quantizer, is affine over a tensor's range; the
 * others use a table of values times a scale per tensor or group. `entropy` can have any rate.
 */
export const CODEC_NAMES = {
  minmax: 'affine over the range, as published',
  clip: 'even steps, the range clipped where that errs least',
  gaussian: 'Lloyd–Max for normal values',
  'lloyd-max': 'Lloyd–Max fitted to the tensor',
  hadamard: 'rotated in blocks of 256, then gaussian',
  entropy: 'a lattice, entropy-coded at any rate; needs a budget',
} as const;

export type CodecName = keyof typeof CODEC_NAMES;
