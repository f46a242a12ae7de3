/**
 * Entropy coding of a tensor's 8-bit codes by rANS (Duda 2013), always on the CPU; decoding is the stage rans_decode
 * of codecStages.ts. The codes are cut into streams of STREAM codes, each coded by itself, so that they are decoded
 * side by side. A payload, little-endian: the lowest and the highest code (u8 each); the frequency of each code from
 * the lowest to the highest (u16); each stream's number of words (u16); the streams' words (u16) one behind the
 * other, each stream's state first. Zero bytes may follow. A payload without codes has the frequencies of code 0
 * only.
 */
import { checkFrequencies } from './codecChecks.ts';
import { CODES, FREQUENCY_SUM, STREAM } from './codecStages.ts';
import type { PayloadHead } from './codecStages.ts';
import { SCRATCH } from './wasm.ts';
import type { Kernels } from './wasm.ts';

/** Streams that the encoder takes at once. */
const GROUP = 4;

/** Bytes between the ends of two streams' words in the encoder's memory. */
const NEXT = 16_400;

/** Index of the largest `score` among codes where `may` holds, of the lowest code if several are equal; -1 without
 * any. */
function best(may: (code: number) => boolean, score: (code: number) => number): number {
  let found = -1;
  for (let code = 0; code < CODES; code++) {
    if (may(code) && (found < 0 || score(code) > score(found))) found = code;
  }
  return found;
}

/**
 * Frequencies for codes that occur `counts` times: each that occurs gets 1 or more, the others 0, and the sum is
 * FREQUENCY_SUM; the only code that occurs gets all of it, and takes no bits. A slot more saves a code
 * count·log2((f+1)/f) bits, close to count/(f + ½) / ln 2; slots are given where this is most, taken where least is
 * lost, and moved as long as that gains something (the method of Sainte-Laguë). Only + and / are used, so that every
 * machine finds the same frequencies. Without codes, code 0 gets everything.
 */
export function frequenciesOf(counts: Uint32Array): Uint16Array {
  const frequencies = new Uint16Array(CODES);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) {
    frequencies[0] = FREQUENCY_SUM;
    return frequencies;
  }
  const countOf = (code: number): number => counts[code] ?? 0;
  const frequencyOf = (code: number): number => frequencies[code] ?? 0;
  let left = FREQUENCY_SUM;
  for (let code = 0; code < CODES; code++) {
    if (countOf(code) === 0) continue;
    frequencies[code] = Math.max(1, Math.floor((countOf(code) * FREQUENCY_SUM) / total));
    left -= frequencyOf(code);
  }
  const gain = (code: number): number => countOf(code) / (frequencyOf(code) + 0.5);
  const loss = (code: number): number => countOf(code) / (frequencyOf(code) - 0.5);
  for (;;) {
    const to = best(code => countOf(code) > 0, gain);
    const from = best(
      code => frequencyOf(code) > 1,
      code => -loss(code),
    );
    if (left === 0 && (from < 0 || from === to || gain(to) <= loss(from))) return frequencies;
    if (left >= 0) {
      frequencies[to] = frequencyOf(to) + 1;
      left--;
    }
    if (left < 0) {
      frequencies[from] = frequencyOf(from) - 1;
      left++;
    }
  }
}

/** Bits that an ideal coder takes with these frequencies: Σ count·(14 − log2 frequency). */
export function codedBits(counts: Uint32Array, frequencies: Uint16Array): number {
  return counts.reduce((bits, count, code) => {
    return count === 0 ? bits : bits + count * Math.log2(FREQUENCY_SUM / (frequencies[code] ?? 0));
  }, 0);
}

/** The most bytes that a payload's head can have: enough to read for parsePayloadHead. */
export const mostHeadBytes = (count: number): number => 2 + 2 * CODES + 2 * Math.ceil(count / STREAM);

/** The codes from the lowest to the highest that have a frequency. */
function rangeOf(frequencies: Uint16Array): readonly [number, number] {
  const has = (frequency: number): boolean => frequency > 0;
  return [frequencies.findIndex(has), frequencies.findLastIndex(has)];
}

/** Bytes that grow as they are written. */
class Growing {
  length = 0;
  private bytes: Uint8Array;

  constructor(expected: number) {
    this.bytes = new Uint8Array(expected);
  }

  append(part: Uint8Array): void {
    const end = this.length + part.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.ceil(end * 1.5));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(part, this.length);
    this.length = end;
  }

  /** A copy of everything so far. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** The bytes themselves, until the next append. */
  view(): DataView {
    return new DataView(this.bytes.buffer, 0, this.length);
  }
}

/**
 * The payload of `codes`, which may lie in the kernels' memory.
 * @throws RangeError when the frequencies do not add up, or a code has none.
 */
export function encodeStreams(kernels: Kernels, codes: Uint8Array, frequencies: Uint16Array): Uint8Array {
  checkFrequencies(frequencies);
  const [lowest, highest] = rangeOf(frequencies);
  const streams = Math.ceil(codes.length / STREAM);
  const words = 2 + 2 * (highest - lowest + 1);
  const payload = new Growing(words + 6 * streams + codes.length);
  payload.append(new Uint8Array(words + 2 * streams));
  const head = payload.view();
  head.setUint8(0, lowest);
  head.setUint8(1, highest);
  for (let code = lowest; code <= highest; code++) {
    head.setUint16(2 + 2 * (code - lowest), frequencies[code] ?? 0, true);
  }
  const { exports, bytes: memory } = kernels;
  const lengths = new Uint32Array(memory.buffer, SCRATCH.counts, GROUP);
  for (let stream = 0; stream < streams; stream += GROUP) {
    const group = codes.subarray(stream * STREAM, (stream + GROUP) * STREAM);
    const inside = group.buffer === memory.buffer;
    if (!inside) memory.set(group, SCRATCH.block);
    new Uint16Array(memory.buffer, SCRATCH.table, CODES).set(frequencies);
    const { block, table, rans, radix, counts } = SCRATCH;
    const from = inside ? group.byteOffset : block;
    const done = exports.ransEncode(from, group.length, table, rans, radix, counts);
    if (!done) throw new RangeError(`a code of streams ${stream} to ${stream + GROUP - 1} has no frequency`);
    for (let k = 0; k < GROUP && stream + k < streams; k++) {
      const length = lengths[k] ?? 0;
      const end = radix + (k + 1) * NEXT;
      payload.append(memory.subarray(end - length, end));
      payload.view().setUint16(words + 2 * (stream + k), length / 2, true);
    }
  }
  return payload.take();
}

/** The frequencies that a payload begins with, and where they end. */
function parseFrequencies(view: DataView): { frequencies: Uint16Array; end: number } {
  if (view.byteLength < 2) throw new RangeError(`a payload of ${view.byteLength} bytes has no codes`);
  const [lowest, highest] = [view.getUint8(0), view.getUint8(1)];
  if (lowest > highest) throw new RangeError(`a payload of codes from ${lowest} to ${highest}`);
  const end = 2 + 2 * (highest - lowest + 1);
  if (view.byteLength < end) {
    throw new RangeError(`the frequencies of a payload take ${end} bytes, ${view.byteLength} are there`);
  }
  const frequencies = new Uint16Array(CODES);
  for (let code = lowest; code <= highest; code++) {
    frequencies[code] = view.getUint16(2 + 2 * (code - lowest), true);
  }
  checkFrequencies(frequencies);
  for (const code of [lowest, highest]) {
    if (!frequencies[code])
      throw new RangeError(`code ${code} bounds a payload's codes, but has no frequency`);
  }
  return { frequencies, end };
}

/**
 * The head of a payload of `count` codes, for rans_decode. `bytes` begins with the head (mostHeadBytes are always
 * enough); the whole payload, with the zero bytes behind it, has `size` bytes.
 * @throws RangeError when it is no such head.
 */
export function parsePayloadHead(bytes: Uint8Array, count: number, size: number = bytes.length): PayloadHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { frequencies, end } = parseFrequencies(view);
  const streams = Math.ceil(count / STREAM);
  const headBytes = end + 2 * streams;
  if (bytes.length < headBytes) {
    throw new RangeError(
      `a payload of ${streams} streams begins with ${headBytes} bytes, not ${bytes.length}`,
    );
  }
  const offsets = new Uint32Array(streams + 1);
  let offset = headBytes / 2;
  for (let stream = 0; stream < streams; stream++) {
    offsets[stream] = offset;
    const words = view.getUint16(end + 2 * stream, true);
    const most = 2 + Math.min(STREAM, count - stream * STREAM);
    if (words < 2 || words > most) {
      throw new RangeError(`stream ${stream} of a payload has ${words} words, 2 to ${most} are possible`);
    }
    offset += words;
  }
  offsets[streams] = offset;
  if (offset * 2 > size) {
    throw new RangeError(`the streams of a payload end at byte ${offset * 2} of ${size}`);
  }
  return { frequencies, offsets };
}
