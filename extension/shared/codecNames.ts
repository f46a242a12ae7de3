/**
 * How a recipe asks for a codec. Of fixed width: `minmax`, the published quantizer, affine over a tensor's range; the
 * others are a table of values times a scale a tensor or group. `entropy` has any rate.
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
