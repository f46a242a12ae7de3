/** Stage rans_decode: rANS streams to 8-bit codes. */
import { checkFrequencies, CODES, STREAM, type PayloadHead } from '../../codes.ts';
import type { Region } from '../../memory.ts';
import common from '../../shared/common.wgsl';
import { SCRATCH } from '../../wasm.ts';
import { checkCount, checkDistinct, checkEnd, require } from '../checks.ts';
import { bytes } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { done, OFFSET_BYTES } from '../windows.ts';
import source from './rans_decode.wgsl';

export interface RansDecodeStage {
  /**
   * Decodes the `count` 8-bit codes of stream `firstStream` and later ones to `codes`, from byte `at` (0 by default, a
   * multiple of STREAM); bytes after the last code, up to the next multiple of 4, are zero. The payload's word 0 is at
   * the start of its region (or elsewhere, when offsets are counted from there). Each stream but the payload's last has
   * STREAM codes. It begins with its state x (low word, then high word); then, code by code: slot = x mod 2^14, the
   * code is the one that owns this slot (codes own theirs in rising order), x = frequency·⌊x/2^14⌋ + slot − the code's
   * first slot, and x = x·2^16 + the next word if x < 2^16. Words past the stream's end are zero, so nothing is ever
   * read outside the stream and count codes come out: a damaged stream gives wrong codes, the same ones on every
   * backend, and nothing worse.
   * @throws RangeError when the frequencies do not add up, or the streams do not lie in the region, one after the
   * other, each of two words or more.
   */
  ransDecode(
    payload: Region,
    head: PayloadHead,
    codes: Region,
    firstStream: number,
    count: number,
    at?: number,
  ): Promise<void>;
}

/** Streams of a workgroup: WORKERS of rans_decode.wgsl. */
const WORKERS = 32;

const streamsOf = (count: number): number => Math.ceil(count / STREAM);

/** The streams of a call lie in the payload, one after the other. */
function checkStreams(payload: Region, offsets: Uint32Array, first: number, count: number): void {
  require(Number.isInteger(first) && first >= 0, `stream ${first} is none of a payload`);
  const end = first + streamsOf(count);
  require(end < offsets.length, `stream ${end - 1} of ${Math.max(offsets.length - 1, 0)} was asked for`);
  for (let i = first; i < end; i++) {
    const [from = 0, to = 0] = [offsets[i], offsets[i + 1]];
    require(to >= from + 2, `stream ${i} begins at word ${from} and ends at word ${to}`);
  }
  if (count > 0) checkEnd(payload, (offsets[end] ?? 0) * 2);
}

/** Codes of two streams, the second of which ends in the middle of a word of codes. */
const SELF_TEST_CODES = STREAM + 37;

/** The first stream runs out of words, and 56 codes lie between those that occur. */
function selfTestHead(): PayloadHead {
  const frequencies = new Uint16Array(CODES);
  frequencies.set([9000, 4000, 2000, 1000, 300, 60, 20, 3], 3);
  frequencies[67] = 1;
  return { frequencies, offsets: Uint32Array.of(129, 600, 2085) };
}

export const ransDecode: Stage<RansDecodeStage['ransDecode']> = {
  name: 'rans_decode',
  shader: common + source,
  check(chunk, payload, { frequencies, offsets }, codes, firstStream, count, at = 0) {
    checkCount(count, chunk);
    checkFrequencies(frequencies);
    checkStreams(payload, offsets, firstStream, count);
    require(Number.isInteger(at) &&
      at >= 0 &&
      at % STREAM === 0, `byte ${at} is not a multiple of ${STREAM}`);
    checkEnd(codes, at + count);
    checkDistinct(codes, payload);
  },
  cpu(kernel, payload, head, codes, firstStream, count, at = 0) {
    const { bins, table, rans } = SCRATCH;
    kernel.put(bins, head.offsets.subarray(firstStream, firstStream + streamsOf(count) + 1));
    kernel.put(table, head.frequencies);
    kernel.run(payload, bins, table, kernel.at(codes, at), count, rans);
  },
  gpu(payload, head, codes, firstStream, count, at = 0) {
    const streams = streamsOf(count);
    const offsets = head.offsets.subarray(firstStream, firstStream + streams + 1);
    const [first = 0, end = 0] = [offsets[0], offsets[streams]];
    // The window begins on a whole step of bytes, at 16-bit word `start`.
    const start = first - (first % (OFFSET_BYTES / 2));
    const table = new Uint32Array(CODES + streams + 1);
    let slot = 0;
    head.frequencies.forEach((frequency, code) => {
      table[code] = frequency | (slot << 16);
      slot += frequency;
    });
    table.set(
      offsets.map(offset => offset - start),
      CODES,
    );
    return {
      params: [count, streams],
      table,
      bindings: [
        { memory: payload, offset: start * 2, bytes: (end - start) * 2 },
        { memory: 'table', bytes: table.byteLength },
        { memory: codes, offset: at, bytes: count },
      ],
      groups: Math.ceil(streams / WORKERS),
      result: done,
    };
  },
  selfTest: {
    // Any words make valid streams: these are read as a payload without frequencies in front.
    inputs: () => [bytes(17), new Uint8Array(SELF_TEST_CODES + 3)],
    run: async (ransDecode, payload, codes) => {
      await ransDecode(payload, selfTestHead(), codes, 0, SELF_TEST_CODES);
      return [];
    },
    digest: 'cca71f5a',
    slow: true,
  },
};
