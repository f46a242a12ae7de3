/** Seeded test data: checkpoint elements of every type and every difficult kind. */
import { type FloatType, BYTES_PER_ELEMENT } from '../../kernels/memory.ts';

/** Mulberry32: uniform in [0, 1), the same everywhere for a seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Kind =
  /** Like weights: about 0.02 in magnitude. */
  | 'weights'
  /** Any finite bit pattern: all magnitudes, subnormals and both zeros. */
  | 'wide'
  /** Around the smallest normal float32: most differences are flushed. */
  | 'tiny'
  /** Weights with NaN, infinities, subnormals, zeros and the largest values between them. */
  | 'special';

/** Bit patterns worth testing, per type. */
const SPECIAL: Record<FloatType, readonly number[]> = {
  F32: [
    0x7fc00000, 0xffc00001, 0x7f800001, 0x7f800000, 0xff800000, 0, 0x80000000, 1, 0x80000001, 0x007fffff,
    0x807fffff, 0x00800000, 0x80800000, 0x00800001, 0x7f7fffff, 0xff7fffff, 0x3f800000,
  ],
  F16: [
    0x7e00, 0xfe01, 0x7c01, 0x7c00, 0xfc00, 0, 0x8000, 1, 0x8001, 0x03ff, 0x83ff, 0x0400, 0x8400, 0x7bff,
    0xfbff, 0x3c00,
  ],
  BF16: [
    0x7fc0, 0xffc1, 0x7f81, 0x7f80, 0xff80, 0, 0x8000, 1, 0x8001, 0x007f, 0x807f, 0x0080, 0x8080, 0x7f7f,
    0xff7f, 0x3f80,
  ],
};

const EXPONENT_BITS: Record<FloatType, number> = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 };

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bits of a float32. */
export function bitsOf(value: number): number {
  float[0] = value;
  return word[0] ?? 0;
}

/** The float32 so many steps above a value, by bits. */
export function nextTo(value: number, steps: number): number {
  word[0] = bitsOf(value) + steps;
  return float[0] ?? 0;
}

/** Bits of a float32 truncated to `type`, good enough for test data. */
function truncated(type: FloatType, value: number): number {
  const bits = bitsOf(value);
  if (type === 'F32') return bits;
  if (type === 'BF16') return bits >>> 16;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const sign = (bits >>> 16) & 0x8000;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

function element(type: FloatType, kind: Kind, i: number, random: () => number): number {
  const all = BYTES_PER_ELEMENT[type] === 4 ? 2 ** 32 : 2 ** 16;
  const weight = truncated(type, (random() + random() + random() - 1.5) * 0.02);
  if (kind === 'wide') {
    const bits = Math.floor(random() * all);
    const special = (bits & EXPONENT_BITS[type]) === EXPONENT_BITS[type];
    return special ? weight : bits;
  }
  if (kind === 'tiny' && type === 'F32') {
    return (Math.floor(random() * 0x02000000) | (random() < 0.5 ? 0x80000000 : 0)) >>> 0;
  }
  if (kind === 'tiny') return Math.floor(random() * 0x400) | (random() < 0.5 ? 0x8000 : 0);
  const specials = SPECIAL[type];
  return kind === 'special' && i % 5 === 0 ? (specials[Math.floor(random() * specials.length)] ?? 0) : weight;
}

/** Bytes of `count` elements. */
export function elements(type: FloatType, kind: Kind, count: number, seed: number): Uint8Array {
  const random = generator(seed);
  const array = BYTES_PER_ELEMENT[type] === 4 ? new Uint32Array(count) : new Uint16Array(count);
  for (let i = 0; i < count; i++) array[i] = element(type, kind, i, random);
  return new Uint8Array(array.buffer);
}

export function randomBytes(count: number, seed: number): Uint8Array {
  const random = generator(seed);
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = random() * 256;
  return bytes;
}
