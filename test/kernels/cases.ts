/** The inputs that every stage is tested with, on every backend. */
import { packedBytes } from '../../kernels/codes.ts';
import type { Affine } from '../../kernels/stages/quantize_pack/stage.ts';
import type { FloatType } from '../../kernels/memory.ts';
import { ftz, rint, type Stored } from './oracle.ts';
import { elements, generator, randomBytes, type Kind } from './random.ts';

export const TYPES: readonly FloatType[] = ['F32', 'F16', 'BF16'];
export const KINDS: readonly Kind[] = ['weights', 'wide', 'tiny', 'special'];
export const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** Around the sizes of words of codes, alignment units and blocks of sums; several blocks. */
export const LENGTHS = [1, 2, 31, 32, 33, 2047, 2048, 8191, 8193, 70_001] as const;

/** One call after another at offsets inside the regions. */
export const SMALL_CHUNK = 2048;

/** Divisors of the mean. */
export const TASKS = [1, 2, 3, 7, 8, 127] as const;

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
    const x = Math.fround((code - affine.zero) / affine.scale);
    const bits = Int32Array.from(new Int32Array(Float32Array.of(x).buffer));
    bits[0] = (bits[0] ?? 0) + Math.floor(random() * 3) - 1;
    return new Float32Array(bits.buffer)[0] ?? 0;
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

/** Every kind at every length up to one alignment unit, the two hardest kinds at longer ones. */
function* sizes(): Generator<{ kind: Kind; count: number; seed: number }> {
  for (const count of LENGTHS) {
    for (const [seed, kind] of KINDS.entries()) {
      if (count <= SMALL_CHUNK || kind === 'wide' || kind === 'special')
        yield { kind, count, seed: count + seed };
    }
  }
}

export function* deltaCases(
  tuned: FloatType,
  reference: FloatType | undefined,
): Generator<{ t: Stored; r: Stored | undefined }> {
  for (const { kind, count, seed } of sizes()) {
    yield { t: stored(tuned, kind, count, seed), r: reference && stored(reference, kind, count, seed + 100) };
  }
}

export function* meanCases(type: FloatType, tasks: number): Generator<{ tuned: Stored[]; base: Stored }> {
  for (const { kind, count, seed } of sizes()) {
    const tuned = Array.from({ length: Math.min(tasks, 3) }, (_, i) =>
      stored(type, kind, count, seed + 10 * i),
    );
    yield { tuned, base: stored(TYPES[seed % 3] ?? 'F32', kind, count, seed + 100) };
  }
}

/** Flushed values, as quantize_pack requires. */
export function* quantizeCases(bits: number): Generator<{ x: Float32Array; affine: Affine }> {
  for (const { x, affine } of unflushedCases(bits)) yield { x: x.map(ftz), affine };
}

function* unflushedCases(bits: number): Generator<{ x: Float32Array; affine: Affine }> {
  const third = { bits, scale: 1 / 3, zero: 2 ** (bits - 1) };
  const one = { bits, scale: 1, zero: 0 };
  for (const count of LENGTHS) {
    const weights = raw('weights', count, count);
    const published = affineOf(weights, bits);
    yield { x: weights, affine: published };
    yield { x: ties(published, count, 4), affine: published };
    yield { x: ties(third, count, 5), affine: third };
    if (count > SMALL_CHUNK) continue;
    yield { x: ties(one, count, 6), affine: one };
    yield { x: weights, affine: { bits, scale: 1e30, zero: -1e6 } };
    yield { x: raw('wide', count, count + 1), affine: third };
    yield { x: raw('wide', count, count + 2), affine: { bits, scale: 1e-40, zero: 1 } };
    yield { x: raw('tiny', count, 3), affine: { bits, scale: 2 ** 127, zero: 0 } };
  }
}

export interface Packed {
  readonly packed: Uint8Array;
  readonly count: number;
  readonly table: Float32Array;
  readonly addend: Stored | undefined;
}

export function* dequantizeCases(bits: number): Generator<Packed> {
  // One of the values is flushed.
  const table = raw('weights', 1 << bits, bits).map((value, code) => (code === 1 ? 1e-39 : value));
  for (const count of LENGTHS) {
    const packed = randomBytes(packedBytes(count, bits), count);
    for (const [seed, type] of [...TYPES, undefined].entries()) {
      const addend = type && stored(type, KINDS[(seed + count) % 4] ?? 'weights', count, seed);
      yield { packed, count, table, addend };
    }
  }
}

export function* energyCases(type: FloatType): Generator<{ tuned: Stored; base: Stored | undefined }> {
  for (const count of LENGTHS) {
    for (const kind of ['weights', 'tiny'] as const) {
      yield { tuned: stored(type, kind, count, 1), base: stored(TYPES[count % 3] ?? 'F32', kind, count, 2) };
    }
    // Squares around the smallest normal float32: some are flushed, some are not.
    const small = (seed: number): Stored => ({
      type: 'F32',
      bytes: new Uint8Array(raw('weights', count, seed).map(value => value * 2 ** -57).buffer),
    });
    yield { tuned: small(3), base: small(4) };
    yield { tuned: stored(type, 'weights', count, 5), base: undefined };
  }
}

export function* encodeCases(type: FloatType): Generator<Float32Array> {
  for (const { kind, count, seed } of sizes()) yield raw(kind, count, seed);
  if (type !== 'F32') yield roundingCases(type);
}
