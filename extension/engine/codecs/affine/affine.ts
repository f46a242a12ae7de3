/**
 * The published quantizer: asymmetric min–max affine, one scale a tensor (Task Vector Quantization, Kim et al.,
 * ICCV 2025; reference code src/quantization_utils.py). All arithmetic is float32, operation by operation, so that
 * codes equal those of a float32 tensor library.
 */
import type { Affine } from '../../../../kernels/stages/quantize_pack/stage.ts';
import type { Extent } from '../../../../kernels/stages/extent.ts';

/** Packed codes over a tensor's range. */
export interface AffineCoding {
  readonly codec: 'affine';
  readonly bits: number;
}

const f32 = Math.fround;

/**
 * scale = (2^b − 1) / (max − min), the inverse step; zero = −rint(scale · min), not clamped. PyTorch evaluates number /
 * tensor as number · reciprocal(tensor), two roundings that affect a few codes in a million, so this does the same.
 * @returns undefined when the range is so small that the scale overflows: such a tensor cannot be quantized
 */
export function affineOf({ min, max }: Extent, bits: number): Affine | undefined {
  const scale = f32((2 ** bits - 1) * f32(1 / f32(max - min)));
  return Number.isFinite(scale) ? { bits, scale, zero: 0 - roundHalfEven(f32(scale * min)) } : undefined;
}

/** The value of every code: (q − zero) / scale. */
export function affineTable({ bits, scale, zero }: Affine): Float32Array {
  return Float32Array.from({ length: 2 ** bits }, (_, code) => flush(f32(f32(code - zero) / scale)));
}

/** Results below 2^-126 count as 0 on every backend. */
const flush = (value: number) => (Math.abs(value) < 2 ** -126 ? 0 : value);

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
