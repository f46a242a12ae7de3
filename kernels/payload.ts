/**
 * The layout of an entropy-coded tensor's payload, little-endian: the lowest and the highest code (u8 each); the
 * frequency of each code from the lowest to the highest (u16); each stream's number of words (u16); the streams' words
 * (u16) one after the other, each stream's state first. Zero bytes may follow. A payload without codes has the
 * frequencies of code 0 only.
 */
import { checkFrequencies, CODES, STREAM, type PayloadHead } from './codes.ts';

/** Maximum bytes of a payload's head: enough to read for parsePayloadHead. */
export const mostHeadBytes = (count: number): number => 2 + 2 * CODES + 2 * Math.ceil(count / STREAM);

/** The lowest and the highest code that have a frequency. */
function rangeOf(frequencies: Uint16Array): readonly [number, number] {
  const has = (frequency: number): boolean => frequency > 0;
  return [frequencies.findIndex(has), frequencies.findLastIndex(has)];
}

/** What a payload begins with: the range of its codes, and their frequencies. */
export function frequencyBytes(frequencies: Uint16Array): Uint8Array {
  const [lowest, highest] = rangeOf(frequencies);
  const head = new DataView(new ArrayBuffer(2 + 2 * (highest - lowest + 1)));
  head.setUint8(0, lowest);
  head.setUint8(1, highest);
  for (let code = lowest; code <= highest; code++) {
    head.setUint16(2 + 2 * (code - lowest), frequencies[code] ?? 0, true);
  }
  return new Uint8Array(head.buffer);
}

/** rANS with 14-bit probabilities comes this close to the codes' ideal cost, plus a stream's last word and its state. */
const CODER_LOSS = 1.001;
const STREAM_WORDS = 3;

/** Upper bound on the bytes of `count` codes in any order, when an ideal coder would need `bits` bits. */
export function enoughPayloadBytes(frequencies: Uint16Array, bits: number, count: number): number {
  const streams = Math.ceil(count / STREAM);
  const words = Math.ceil((CODER_LOSS * bits) / 16);
  return frequencyBytes(frequencies).length + 2 * (streams + words + STREAM_WORDS * streams);
}

/** A payload of some of a tensor's codes. */
export interface PayloadPart {
  readonly bytes: Uint8Array;
  /** Number of its codes: whole streams, except in the last part. */
  readonly count: number;
}

/** Joins parts that have the same frequencies into one payload. */
export function joinPayloads(parts: readonly PayloadPart[]): Uint8Array {
  const heads = parts.map(({ bytes, count }) => {
    const { offsets } = parsePayloadHead(bytes, count);
    const streams = 2 * (offsets[0] as number);
    return { bytes, sizes: streams - 2 * (offsets.length - 1), streams };
  });
  return concatenate([
    ...heads.slice(0, 1).map(({ bytes, sizes }) => bytes.subarray(0, sizes)),
    ...heads.map(({ bytes, sizes, streams }) => bytes.subarray(sizes, streams)),
    ...heads.map(({ bytes, streams }) => bytes.subarray(streams)),
  ]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Reads the frequencies at the start of a payload, and where they end. */
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
 * enough); the whole payload, including trailing zero bytes, has `size` bytes.
 * @throws RangeError when it is not a valid head.
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
