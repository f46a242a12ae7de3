/** A tiny version of the codec stages, part of the self-test. */
import type { Backend } from './backend.ts';
import type { Region, Scope } from './memory.ts';
import type { PayloadHead } from './codecStages.ts';
import { digest, SELF_TEST_COUNT, selfTestValues } from './selftestData.ts';

/** Codes of two streams, the second of which ends in the middle of a word of codes. */
export const SELF_TEST_CODES = 8192 + 37;

/** The tensor's element that rotate begins with. */
export const SELF_TEST_INDEX = 2 ** 33 + 20;

/** The one that it begins with where whole blocks are needed. */
export const SELF_TEST_BLOCK = 2 ** 34 + 256;

/** Any words are streams: these are read as a payload that has no frequencies in front. */
export const SELF_TEST_PAYLOAD_SEED = 17;

/** The first stream runs out of words, and 56 codes lie between those that occur. */
export function selfTestHead(): PayloadHead {
  const frequencies = new Uint16Array(256);
  frequencies.set([9000, 4000, 2000, 1000, 300, 60, 20, 3], 3);
  frequencies[67] = 1;
  return { frequencies, offsets: Uint32Array.of(129, 600, 2085) };
}

export async function place(backend: Backend, memory: Scope, bytes: Uint8Array): Promise<Region> {
  const region = memory.alloc(bytes.length);
  await backend.write(region, 0, bytes.length, async view => view.set(bytes));
  return region;
}

/** Digests of what the stages leave in their regions. */
export const CODEC_CHECKS: Readonly<Record<string, (backend: Backend, memory: Scope) => Promise<string>>> = {
  rotate: async (backend, memory) => {
    const x = await place(backend, memory, selfTestValues(18));
    await backend.rotate(x, SELF_TEST_INDEX, SELF_TEST_COUNT);
    return digest(await backend.read(x, 0, x.bytes));
  },
  rotate_256: async (backend, memory) => {
    const x = await place(backend, memory, selfTestValues(19));
    await backend.rotate(x, SELF_TEST_BLOCK, SELF_TEST_COUNT, 256);
    return digest(await backend.read(x, 0, x.bytes));
  },
  rans_decode: async (backend, memory) => {
    const payload = await place(backend, memory, selfTestValues(SELF_TEST_PAYLOAD_SEED));
    const codes = memory.alloc(SELF_TEST_CODES + 3);
    await backend.ransDecode(payload, selfTestHead(), codes, 0, SELF_TEST_CODES);
    return digest(await backend.read(codes, 0, codes.bytes));
  },
};

/** Digests of the right results. */
export const CODEC_EXPECTED: Readonly<Record<string, string>> = {
  rotate: 'f79d18cf',
  rotate_256: '0db22f41',
  rans_decode: 'ace9aca0',
};
