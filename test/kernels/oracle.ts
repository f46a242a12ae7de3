/**
 * The stages in plain TypeScript, as their descriptors define them: slow, obvious, and independent of the
 * implementations. A float64 result of two float32 operands, rounded by Math.fround, is the correctly rounded float32
 * result of + - * /.
 */
import type { Affine, SquaredError } from '../../kernels/stages/quantize_pack/stage.ts';
import type { Extent } from '../../kernels/stages/extent.ts';
import type { FloatType } from '../../kernels/memory.ts';

const SMALLEST = 2 ** -126;

export const ftz = (value: number): number => (Math.abs(value) < SMALLEST ? 0 : value);

export const add = (a: number, b: number): number => ftz(Math.fround(a + b));
export const subtract = (a: number, b: number): number => ftz(Math.fround(a - b));
export const multiply = (a: number, b: number): number => ftz(Math.fround(a * b));
export const divide = (a: number, b: number): number => ftz(Math.fround(a / b));

/** Elements as stored. */
export interface Stored {
  readonly type: FloatType;
  readonly bytes: Uint8Array;
}

/** 1 sign bit, `exponentBits` and `mantissaBits` -> value, by the definition of IEEE 754. */
function valueOf(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits >>> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >>> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = bits & (2 ** mantissaBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return mantissa ? NaN : sign * Infinity;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}

/** Values of all elements, flushed. */
export function decode({ type, bytes }: Stored): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / (type === 'F32' ? 4 : 2);
  return Float32Array.from({ length: count }, (_, i) => {
    if (type === 'F32') return ftz(view.getFloat32(4 * i, true));
    const bits = view.getUint16(2 * i, true);
    return ftz(type === 'F16' ? valueOf(bits, 5, 10) : valueOf(bits, 8, 7));
  });
}

function extentOf(values: Float32Array): Extent {
  let min = Infinity;
  let max = -Infinity;
  let finite = true;
  for (const value of values) {
    if (!Number.isFinite(value)) finite = false;
    else {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return { min, max, finite };
}

export interface Difference {
  readonly x: Float32Array;
  readonly extent: Extent;
}

export function deltaMinmax(tuned: Stored, reference: Stored | undefined): Difference {
  const t = decode(tuned);
  const r = reference && decode(reference);
  const x = r ? t.map((value, i) => subtract(value, r[i] ?? 0)) : t;
  return { x, extent: extentOf(x) };
}

/** The sum of checkpoints, in order. */
export function accumulate(tuned: readonly Stored[]): Float32Array {
  const [first, ...others] = tuned.map(decode);
  let sum = first ?? new Float32Array();
  for (const other of others) sum = sum.map((value, i) => add(value, other[i] ?? 0));
  return sum;
}

export function meanDelta(sum: Float32Array, tasks: number, base: Stored): Difference {
  const b = decode(base);
  const x = sum.map((value, i) => subtract(divide(ftz(value), tasks), b[i] ?? 0));
  return { x, extent: extentOf(x) };
}

/** Nearest integer, ties to even. */
export function rint(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Codes of flushed values. */
export function quantize(x: Float32Array, affine: Affine): Uint8Array {
  const most = 2 ** affine.bits - 1;
  const scale = ftz(Math.fround(affine.scale));
  const zero = ftz(Math.fround(affine.zero));
  return Uint8Array.from(x, value => {
    const code = rint(add(multiply(scale, ftz(value)), zero));
    return Math.min(Math.max(code, 0), most);
  });
}

/** Bit stream of codes, little-endian, up to the next multiple of 4 bytes. */
export function pack(codes: Uint8Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((codes.length * bits) / 32) * 4);
  codes.forEach((code, i) => {
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      if ((code >> bit) & 1) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
    }
  });
  return bytes;
}

export function unpack(bytes: Uint8Array, bits: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => {
    let code = 0;
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      code |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << bit;
    }
    return code;
  });
}

export function dequantize(codes: Uint8Array, table: Float32Array, addend: Stored | undefined): Float32Array {
  const a = addend && decode(addend);
  return Float32Array.from(codes, (code, i) => {
    const value = ftz(table[code] ?? NaN);
    return a ? add(a[i] ?? 0, value) : value;
  });
}

const LANE = 32;
const LANES = 256;

/** The sum of one block of LANE·LANES terms. */
function blockSum(term: (i: number) => number, first: number): number {
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    const sums: [number, number, number, number] = [0, 0, 0, 0];
    for (let j = 0; j < LANE; j++) {
      const slot = (j % 4) as 0 | 1 | 2 | 3;
      sums[slot] = add(sums[slot], term(first + lane * LANE + j));
    }
    return add(add(sums[0], sums[1]), add(sums[2], sums[3]));
  });
  for (let half = LANES / 2; half >= 1; half /= 2) {
    for (let l = 0; l < half; l++) lanes[l] = add(lanes[l] ?? 0, lanes[l + half] ?? 0);
  }
  return lanes[0] ?? 0;
}

/** The sum of all blocks of `count` terms, added to `before`; a term past the end is zero. */
export function orderedSum(term: (i: number) => number, count: number, before = 0): number {
  let sum = before;
  for (let first = 0; first < count; first += LANE * LANES) {
    sum += blockSum(i => (i < count ? term(i) : 0), first);
  }
  return sum;
}

const square = (a: number): number => multiply(a, a);

/** The error of codes, and Σx². */
export function codesLoss(x: Float32Array, { bits, scale, zero }: Affine): SquaredError {
  const [s, z] = [ftz(Math.fround(scale)), ftz(Math.fround(zero))];
  const codes = quantize(x, { bits, scale, zero });
  const restored = Float32Array.from(codes, code => divide(subtract(code, z), s));
  const value = (i: number): number => ftz(x[i] ?? 0);
  return {
    error: orderedSum(i => square(subtract(value(i), restored[i] ?? 0)), x.length),
    energy: orderedSum(i => square(value(i)), x.length),
  };
}

export function deltaEnergy(tuned: Stored, base: Stored | undefined): number {
  const { x } = deltaMinmax(tuned, base);
  return orderedSum(i => square(x[i] ?? 0), x.length);
}

/** Bits of `value` rounded to a format whose smallest normal number is 2^`least`; ties to even, not flushed. */
function roundedBits(value: number, exponentBits: number, mantissaBits: number, signBit: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const least = 1 - bias;
  const infinity = (2 ** exponentBits - 1) * 2 ** mantissaBits;
  const magnitude = Math.abs(value);
  if (magnitude === 0) return signBit;
  if (magnitude === Infinity) return signBit + infinity;
  let exponent = Math.floor(Math.log2(magnitude));
  // Math.log2 may be off by one next to a power of two.
  if (2 ** exponent > magnitude) exponent--;
  if (2 ** (exponent + 1) <= magnitude) exponent++;
  exponent = Math.max(exponent, least);
  // Units in the last place: a carry into the next binade is handled automatically.
  const units = rint(magnitude / 2 ** (exponent - mantissaBits));
  return signBit + Math.min((exponent - least) * 2 ** mantissaBits + units, infinity);
}

/** Stored elements of float32 values, whatever their bits, and how many are not finite; NaNs lose sign and payload. */
export function encode(x: Float32Array, type: FloatType): Encoded {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const nonFinite = x.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  if (type === 'F32') {
    const words = bits.map((b, i) => (Number.isNaN(x[i]) ? 0x7fc00000 : b));
    return { bytes: new Uint8Array(words.buffer), nonFinite, overflowed: 0 };
  }
  const [quiet, infinity] = type === 'F16' ? [0x7e00, 0x7c00] : [0x7fc0, 0x7f80];
  const halves = Uint16Array.from(bits, (b, i) => {
    const value = x[i] ?? 0;
    const signBit = (b >>> 31) * 0x8000;
    if (Number.isNaN(value)) return quiet;
    return type === 'F16' ? roundedBits(value, 5, 10, signBit) : roundedBits(value, 8, 7, signBit);
  });
  const notNumbers = halves.reduce((count, half) => count + ((half & infinity) === infinity ? 1 : 0), 0);
  return { bytes: new Uint8Array(halves.buffer), nonFinite, overflowed: notNumbers - nonFinite };
}

/** The results of encode. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly nonFinite: number;
  readonly overflowed: number;
}
