/** Stage quantize_pack: float32 differences to packed codes of 1 to 8 bits, and the error. */
import { packedBytes } from '../../codes.ts';
import { flushed, flushedBits } from '../../ftz.ts';
import type { Region } from '../../memory.ts';
import { SCRATCH } from '../../wasm.ts';
import { checkBits, checkCount, checkDistinct, checkEnd, checkFirst } from '../checks.ts';
import { COUNT, fine, QUANTIZER, WIDTHS } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { BLOCK_SUMS, sumsOf } from '../sums.ts';
import { codeWindow, values } from '../windows.ts';
import pack from '../../shared/pack.wgsl';
import source from './quantize_pack.wgsl';

/** Affine quantizer of one tensor: q = clamp(rint(ftz(ftz(scale·x) + zero)), 0, 2^bits − 1). */
export interface Affine {
  /** 1 to 8. */
  readonly bits: number;
  /** Inverse step, a float32. */
  readonly scale: number;
  /** Zero point, an integer-valued float32, not clamped. */
  readonly zero: number;
}

/** The error of codes, from one call of quantizePack or several in a row. */
export interface SquaredError {
  /** Σ(x−x')², where x' is the value of x's code. */
  readonly error: number;
  /** Σx². */
  readonly energy: number;
}

export interface QuantizePackStage {
  /** Codes of the F32 values at the start of `x`, which must be flushed, as every stage's results are; code i in bits
   * [i·b, (i+1)·b) of a little-endian bit stream that starts at byte first·b/8 of `codes` (`first` a multiple of
   * CHUNK_ALIGNMENT). Bits after the last code, up to the next multiple of 4 bytes, are zero. Returns the error Σ(x −
   * ftz(ftz(q − zero) / scale))² and Σx², summed as in delta_energy and added to `before`. Values must be finite: a NaN
   * gives code 0 and NaN sums. */
  quantizePack(
    x: Region,
    affine: Affine,
    codes: Region,
    first: number,
    count: number,
    before?: SquaredError,
  ): Promise<SquaredError>;
}

const NOTHING: SquaredError = { error: 0, energy: 0 };

export const quantizePack: Stage<QuantizePackStage['quantizePack']> = {
  name: 'quantize_pack',
  shader: BLOCK_SUMS + pack + source,
  check(chunk, x, { bits }, codes, first, count) {
    checkCount(count, chunk);
    checkBits(bits);
    checkEnd(x, count * 4);
    checkFirst(first);
    checkEnd(codes, packedBytes(first + count, bits));
    checkDistinct(codes, x);
  },
  cpu(kernel, x, { bits, scale, zero }, codes, first, count, before = NOTHING) {
    const sums = kernel.doubles(SCRATCH.sums, 2);
    sums.set([before.error, before.energy]);
    const to = kernel.at(codes, packedBytes(first, bits));
    kernel.run(x, flushed(scale), flushed(zero), bits, to, count, SCRATCH.lanes, SCRATCH.sums);
    const [error = 0, energy = 0] = sums;
    return { error, energy };
  },
  gpu(x, affine, codes, first, count, before = NOTHING) {
    const { bits } = affine;
    const [scale, zero] = [flushed(affine.scale), flushed(affine.zero)];
    const packed = codeWindow(codes, bits, first, count);
    const table = Float32Array.from({ length: 1 << bits }, (_, code) =>
      flushed(Math.fround(Math.fround(code - zero) / scale)),
    );
    return sumsOf(
      count,
      {
        constants: { BITS: bits },
        params: [Math.ceil(packed.bytes / 4), ...flushedBits(scale, zero)],
        table,
        bindings: [values(x, count), packed, { memory: 'table', bytes: table.byteLength }],
      },
      [before.error, before.energy],
      (error = 0, energy = 0) => ({ error, energy }),
    );
  },
  selfTest: {
    inputs: () => [fine(1), ...WIDTHS.map(bits => new Uint8Array(packedBytes(COUNT, bits)))],
    run: async (quantizePack, x, ...codes) => {
      const found: number[] = [];
      for (const [i, region] of codes.entries()) {
        const affine = { bits: WIDTHS[i] ?? 0, ...QUANTIZER };
        const { error, energy } = await quantizePack(x, affine, region, 0, COUNT);
        found.push(error, energy);
      }
      return found;
    },
    digest: '56cfb6e7',
  },
};
