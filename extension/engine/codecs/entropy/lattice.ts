/**
 * The lattice quantizer of the entropy codec: rotated values (stage rotate) become codes c = clamp(rint(y / step) +
 * 128, 0, 255), which stand for (c − 128) · unit. With unit = step, minimising distortion and bytes would shrink the
 * vector; a gain on top of the step undoes that (EDEN, Vargaftik et al., ICML 2022: an unbiased scale).
 */
import type { Affine, SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import { CODES } from '../../../../kernels/codes.ts';

/** A lattice of `step` over rotated values, entropy-coded into `bytes` bytes, zeros at the end included. */
export interface EntropyCoding {
  readonly codec: 'entropy';
  readonly step: number;
  readonly bytes: number;
}

/** Values that are rotated together. */
export const LATTICE_ROTATION = 4;

/** The code of zero. */
export const ZERO_CODE = 128;

const f32 = Math.fround;

/** The quantizer of stage quantize_pack for a step. */
export const latticeOf = (step: number): Affine => ({ bits: 8, scale: f32(1 / step), zero: ZERO_CODE });

/** What a tensor's codes say about it. */
export interface LatticeSums {
  /** ‖y‖² and ‖y − step·q‖². */
  readonly sums: SquaredError;
  /** How often each code occurs. */
  readonly counts: ArrayLike<number>;
  readonly step: number;
}

/** Adds the counts of one chunk's codes to those of all. */
export function addCounts(all: Uint32Array | Float64Array, found: Uint32Array): void {
  for (let code = 0; code < CODES; code++) all[code] = (all[code] as number) + (found[code] as number);
}

/** ‖q‖² of codes. */
export function squaresOf(counts: ArrayLike<number>): number {
  let squares = 0;
  for (let code = 0; code < counts.length; code++)
    squares += (counts[code] as number) * (code - ZERO_CODE) ** 2;
  return squares;
}

/** ‖ŷ‖² and ⟨y, ŷ⟩ of ŷ = step · q; the second from ‖y − ŷ‖² = ‖y‖² − 2⟨y, ŷ⟩ + ‖ŷ‖². */
export function projections({ sums, counts, step }: LatticeSums): { restored: number; cross: number } {
  const restored = squaresOf(counts) * step * step;
  return { restored, cross: (sums.energy + restored - sums.error) / 2 };
}

/** Values of all codes. */
export const latticeTable = (unit: number): Float32Array =>
  Float32Array.from({ length: CODES }, (_, code) => f32((code - ZERO_CODE) * unit));
