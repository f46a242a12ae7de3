/** The codec stages in plain TypeScript, as their descriptors define them: slow and obvious. */
import { add, ftz, multiply, subtract } from './oracle.ts';

/** The sign of a tensor's element. */
export function signOf(element: number): number {
  let h = Number((BigInt(Math.floor(element / 32)) * 0x9e3779b9n + 0x7f4a7c15n) & 0xffffffffn);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h ^= h >>> 16;
  return (h >>> (element % 32)) & 1 ? -1 : 1;
}

/** Entry of a Hadamard matrix as Sylvester made it: −1 to the number of bits that row and column share. */
const hadamard = (row: number, column: number): number =>
  (row & column).toString(2).replaceAll('0', '').length % 2 === 0 ? 1 : -1;

/** S·H·S·x / √order in float64: what rotate computes, except for rounding. */
export function exactlyRotated(x: Float32Array, index: number, order: number): Float64Array {
  const signed = Float64Array.from(x, (value, i) => signOf(index + i) * value);
  return Float64Array.from(x, (value, i) => {
    const at = i - (i % order);
    if (at + order > x.length) return value;
    const block = signed.subarray(at, at + order);
    const sum = block.reduce((total, term, k) => total + hadamard(i - at, k) * term, 0);
    return (signOf(index + i) * sum) / Math.sqrt(order);
  });
}

/** One block, by butterflies on pairs of values. */
function rotateBlock(block: Float32Array, index: number): Float32Array {
  let s = Float32Array.from(block, (value, k) => ftz(value) * signOf(index + k));
  for (let h = 1; h < s.length; h *= 2) {
    s = s.map((value, k) => {
      const other = s[k ^ h] ?? 0;
      return k & h ? subtract(other, value) : add(value, other);
    });
  }
  // Adding +0 makes +0 of -0.
  return s.map((sum, k) => multiply(sum, 1 / Math.sqrt(s.length)) * signOf(index + k) + 0);
}

export function rotate(x: Float32Array, index: number, order: number): Float32Array {
  const out = x.slice();
  for (let at = 0; at + order <= x.length; at += order) {
    out.set(rotateBlock(x.subarray(at, at + order), index + at), at);
  }
  return out;
}

export function codeCounts(codes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

const LOWER = 2 ** 16;
const SUM = 2 ** 14;

const firstSlots = (frequencies: Uint16Array): number[] => {
  let sum = 0;
  return Array.from(frequencies, frequency => (sum += frequency) - frequency);
};

/** The words of one stream. */
function encodeStream(codes: Uint8Array, frequencies: Uint16Array): number[] {
  const first = firstSlots(frequencies);
  const words: number[] = [];
  let x = LOWER;
  for (const code of codes.toReversed()) {
    const frequency = frequencies[code] ?? 0;
    if (x >= frequency * 2 ** 18) {
      words.unshift(x % LOWER);
      x = Math.floor(x / LOWER);
    }
    x = Math.floor(x / frequency) * SUM + (x % frequency) + (first[code] ?? 0);
  }
  return [x % LOWER, Math.floor(x / LOWER), ...words];
}

/** The payload of codes, as kernels/entropy.ts describes it. */
export function encodeStreams(codes: Uint8Array, frequencies: Uint16Array): Uint8Array {
  const used = Array.from(frequencies.keys()).filter(code => (frequencies[code] ?? 0) > 0);
  const [lowest, highest] = [Math.min(...used), Math.max(...used)];
  const streams: number[][] = [];
  for (let i = 0; i < codes.length; i += 8192) {
    streams.push(encodeStream(codes.subarray(i, i + 8192), frequencies));
  }
  const words = [lowest + 256 * highest, ...frequencies.subarray(lowest, highest + 1)];
  words.push(...streams.map(stream => stream.length), ...streams.flat());
  return new Uint8Array(Uint16Array.from(words).buffer);
}

/** `count` codes of the streams that begin at the first of `offsets`. */
export function decodeStreams(
  payload: Uint8Array,
  offsets: readonly number[],
  frequencies: Uint16Array,
  count: number,
): Uint8Array {
  const first = firstSlots(frequencies);
  const codeOf = Array.from(frequencies).flatMap((frequency, code) =>
    new Array<number>(frequency).fill(code),
  );
  const word = (at: number, end: number): number =>
    at < end ? (payload[2 * at] ?? 0) + 256 * (payload[2 * at + 1] ?? 0) : 0;
  const codes = new Uint8Array(Math.ceil(count / 4) * 4);
  let [x, at, end] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    if (i % 8192 === 0) {
      [at = 0, end = 0] = offsets.slice(i / 8192);
      x = word(at, end) + LOWER * word(at + 1, end);
      at += 2;
    }
    const slot = x % SUM;
    const code = codeOf[slot] ?? 0;
    codes[i] = code;
    x = (frequencies[code] ?? 0) * Math.floor(x / SUM) + slot - (first[code] ?? 0);
    if (x < LOWER) x = x * LOWER + word(at++, end);
  }
  return codes;
}
