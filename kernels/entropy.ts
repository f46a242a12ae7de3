/**
 * Entropy coding of a tensor's 8-bit codes by rANS (Duda 2013), always on the CPU; decoding is the stage rans_decode.
 * The codes are cut into streams of STREAM codes, each coded separately so that they can be decoded in parallel;
 * payload.ts describes the resulting layout.
 */
import { checkFrequencies, CODES, FREQUENCY_SUM, STREAM } from './codes.ts';
import { frequencyBytes } from './payload.ts';
import { SCRATCH, type Kernels } from './wasm.ts';

/** Streams that the encoder takes at once. */
const GROUP = 4;

/** Bytes between the ends of two streams' words in the encoder's memory. */
const NEXT = 16_400;

/** The code with the largest `score` among those where `may` holds, the lowest in a tie; -1 if there are none. */
function best(may: (code: number) => boolean, score: (code: number) => number): number {
  let found = -1;
  for (let code = 0; code < CODES; code++) {
    if (may(code) && (found < 0 || score(code) > score(found))) found = code;
  }
  return found;
}

/**
 * Frequencies for codes that occur `counts` times: each that occurs gets 1 or more, the others 0, and the sum is
 * FREQUENCY_SUM; the only code that occurs gets all of it, and takes no bits. One more slot saves a code
 * count·log2((f+1)/f) bits, close to count/(f + ½) / ln 2; slots go where they save most, come from where they cost
 * least, and move as long as that helps (the Sainte-Laguë method). Only + and / are used, so every machine finds the
 * same frequencies. With no codes at all, code 0 gets everything.
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
  const streams = Math.ceil(codes.length / STREAM);
  const head = frequencyBytes(frequencies);
  const payload = new Growing(head.length + 6 * streams + codes.length);
  payload.append(head);
  payload.append(new Uint8Array(2 * streams)); // their sizes are known last
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
      payload.view().setUint16(head.length + 2 * (stream + k), length / 2, true);
    }
  }
  return payload.take();
}
