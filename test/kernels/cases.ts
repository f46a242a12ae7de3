/** The inputs that every stage is tested with, on every backend. */
import type { Affine } from '../../kernels/stages/quantize_pack/stage.ts';
import { BYTES_PER_ELEMENT, type FloatType } from '../../kernels/memory.ts';
import { rint, type Stored } from './oracle.ts';
import { elements, generator, nextTo, type Kind } from './random.ts';

export const TYPES: readonly FloatType[] = ['F32', 'F16', 'BF16'];
export const KINDS: readonly Kind[] = ['weights', 'wide', 'tiny', 'special'];
export const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** Around the sizes of words of codes, alignment units and blocks of sums; several blocks. */
const LENGTHS = [1, 2, 3, 31, 32, 33, 2047, 2048, 2049, 8191, 8193, 20_003] as const;

/** Where calls inside of regions begin. */
export const OFFSET = 2048;

/** Divisors of the mean. */
export const TASKS = [1, 2, 3, 7, 8, 127] as const;

export const countOf = ({ type, bytes }: Stored): number => bytes.length / BYTES_PER_ELEMENT[type];

export const stored = (type: FloatType, kind: Kind, count: number, seed: number): Stored => ({
  type,
  bytes: elements(type, kind, count, seed),
});

/** Float32 values that do not come from a stage: not flushed, perhaps not finite. */
export const raw = (kind: Kind, count: number, seed: number): Float32Array =>
  new Float32Array(elements('F32', kind, count, seed).buffer);

/** The published quantizer of finite values: float32 scale and zero point of their extent. */
export function affineOf(values: Float32Array, bits: number): Affine {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const range = Math.fround(max - min);
  const scale = range > 0 ? Math.fround((2 ** bits - 1) / range) : 1;
  return { bits, scale, zero: -rint(Math.fround(scale * min)) };
}

/** Values whose codes lie at or next to a tie between two codes of `affine`. */
export function ties(affine: Affine, count: number, seed: number): Float32Array {
  const random = generator(seed);
  return Float32Array.from({ length: count }, () => {
    const code = Math.floor(random() * (2 ** affine.bits + 2)) - 1.5;
    return nextTo(Math.fround((code - affine.zero) / affine.scale), Math.floor(random() * 3) - 1);
  });
}

/** All 65,536 bit patterns of a 16-bit type. */
export const everyHalf = (type: FloatType): Stored => ({
  type,
  bytes: new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer),
});

/** Float32 values on, just above and just below every value and every midpoint of a 16-bit type. */
export function roundingCases(type: 'F16' | 'BF16'): Float32Array {
  // Values and midpoints of a format are the float32 values whose trailing bits are zero, one bit fewer than the
  // format drops; an odd stride takes some of both, in every binade. f16 is swept from 2^-26 to above 65520.
  const step = type === 'BF16' ? 1 << 15 : 1 << 12;
  const from = type === 'BF16' ? 0 : 0x32800000;
  const to = type === 'BF16' ? 0x7f800000 : 0x47a00000;
  const bits: number[] = [];
  const stride = type === 'BF16' ? 37 : 3;
  for (let at = from; at <= to; at += step * stride) {
    for (const near of [-1, 0, 1]) {
      const b = at + near;
      if (b < 0) continue;
      bits.push(b, (b | 0x80000000) >>> 0);
    }
  }
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** The hardest kind at every length, and one of the others. */
export function* sizes(): Generator<{ kind: Kind; count: number; seed: number }> {
  for (const [i, count] of LENGTHS.entries()) {
    yield { kind: 'special', count, seed: count };
    yield { kind: KINDS[i % 3] ?? 'wide', count, seed: count + 1 };
  }
}
