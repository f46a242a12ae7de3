/** A tiny version of every stage, whose results are known: what a device must get right before it is trusted. */
import { BYTES_PER_ELEMENT, packedBytes, type Backend } from './backend.ts';
import type { FloatType, Region, Scope, Slice } from './memory.ts';
import { CODEC_CHECKS, CODEC_EXPECTED } from './selftestCodec.ts';
import {
  bytesOf,
  digest,
  SELF_TEST_COUNT,
  selfTestAffine,
  selfTestHalves,
  selfTestTable,
  selfTestUnbounded,
  selfTestValues,
} from './selftestData.ts';
import { GROUP_CHECKS, GROUP_EXPECTED } from './selftestGroups.ts';
import { MERGE_CHECKS, MERGE_EXPECTED, type MergeCheck } from './selftestMerge.ts';

const COUNT = SELF_TEST_COUNT;

/** What the checks work on. */
interface Bench {
  readonly backend: Backend;
  readonly memory: Scope;
  readonly tuned: Record<FloatType, Slice>;
  readonly base: Slice;
  /** Differences of the check that ran first. */
  readonly x: Region;
  readonly y: Region;
}

async function slice(backend: Backend, memory: Scope, type: FloatType, bytes: Uint8Array): Promise<Slice> {
  const region = memory.alloc(COUNT * BYTES_PER_ELEMENT[type]);
  await backend.write(region, 0, bytes.length, async view => view.set(bytes));
  return { region, type, first: 0 };
}

/** Widths that are checked: one that divides a word, one that straddles words, and the widest. */
const WIDTHS = [2, 3, 8];

const CHECKS: Record<string, (bench: Bench) => Promise<string>> = {
  delta_minmax: async ({ backend, tuned, base, x, y }) => {
    const first = await backend.deltaMinmax(tuned.F16, undefined, y, COUNT);
    const halves = await backend.read(y, 0, COUNT * 4);
    const { min, max } = await backend.deltaMinmax(tuned.BF16, base, x, COUNT);
    return digest(halves, await backend.read(x, 0, COUNT * 4), bytesOf(first.min, first.max, min, max));
  },
  mean_delta: async ({ backend, memory, tuned, base }) => {
    const sum = memory.alloc(COUNT * 4);
    await backend.accumulate(sum, tuned.F32, true, COUNT);
    await backend.accumulate(sum, tuned.BF16, false, COUNT);
    const { min, max } = await backend.meanDelta(sum, 3, base, sum, COUNT);
    return digest(await backend.read(sum, 0, COUNT * 4), bytesOf(min, max));
  },
  quantize_pack: async ({ backend, memory, base }) => {
    const codes = memory.alloc(COUNT);
    const packed: Uint8Array[] = [];
    for (const bits of WIDTHS) {
      const { error, energy } = await backend.quantizePack(
        base.region,
        selfTestAffine(bits),
        codes,
        0,
        COUNT,
      );
      packed.push(await backend.read(codes, 0, packedBytes(COUNT, bits)), bytesOf(error, energy));
    }
    return digest(...packed);
  },
  unpack_dequantize: async ({ backend, memory, base, y }) => {
    const codes = memory.alloc(COUNT);
    await backend.quantizePack(base.region, selfTestAffine(3), codes, 0, COUNT);
    await backend.unpackDequantize(codes, 0, 3, selfTestTable(3), base, y, 0, COUNT);
    return digest(await backend.read(y, 0, COUNT * 4));
  },
  delta_energy: async ({ backend, tuned, base }) =>
    digest(bytesOf(await backend.deltaEnergy(tuned.F16, base, COUNT))),
  encode: async ({ backend, memory }) => {
    const x = await slice(backend, memory, 'F32', selfTestUnbounded(1));
    const out = memory.alloc(COUNT * 2);
    const encoded: Uint8Array[] = [];
    for (const type of ['BF16', 'F16'] as const) {
      const { nonFinite, overflowed } = await backend.encode(x, type, out, COUNT);
      encoded.push(await backend.read(out, 0, COUNT * 2), bytesOf(nonFinite, overflowed));
    }
    return digest(...encoded);
  },
};

/** What a merge stage returned, and what it left in its regions. */
async function mergeDigest({ inputs, run }: MergeCheck, backend: Backend, memory: Scope): Promise<string> {
  const regions: Region[] = [];
  for (const values of inputs()) {
    regions.push((await slice(backend, memory, 'F32', new Uint8Array(values.buffer))).region);
  }
  const numbers = await run(backend, regions);
  const after: Uint8Array[] = [];
  for (const region of regions) after.push(await backend.read(region, 0, region.bytes));
  return digest(bytesOf(...numbers), ...after);
}

/** Digests of the right results, computed by a plain implementation of the definitions in backend.ts,
 * mergeStages.ts, codecStages.ts and groupStages.ts. */
export const EXPECTED: Readonly<Record<string, string>> = {
  delta_minmax: '6b1a0382',
  mean_delta: '736dff1d',
  quantize_pack: '3974f3ff',
  unpack_dequantize: '752df77e',
  delta_energy: '3947af94',
  encode: '2ecb47f1',
  ...MERGE_EXPECTED,
  ...CODEC_EXPECTED,
  ...GROUP_EXPECTED,
};

/** Stages with kilobytes of workgroup memory. A software adapter, which is used only when it is asked for,
 * takes up to a second to compile each: they are left out there. */
const SLOW_TO_COMPILE = new Set(['magnitude_histogram', 'rank_drop', 'rotate_256', 'rans_decode']);

/** Digest of each stage's results on `backend`; needs about 230 KB of its memory. */
export async function selfTestDigests(backend: Backend): Promise<Record<string, string>> {
  return backend.scope(async memory => {
    const bench: Bench = {
      backend,
      memory,
      tuned: {
        F32: await slice(backend, memory, 'F32', selfTestValues(2)),
        F16: await slice(backend, memory, 'F16', selfTestHalves('F16', 3)),
        BF16: await slice(backend, memory, 'BF16', selfTestHalves('BF16', 4)),
      },
      base: await slice(backend, memory, 'F32', selfTestValues(1)),
      x: memory.alloc(COUNT * 4),
      y: memory.alloc(COUNT * 4),
    };
    const digests: Record<string, string> = {};
    for (const [stage, check] of Object.entries(CHECKS)) digests[stage] = await check(bench);
    for (const [stage, check] of Object.entries(MERGE_CHECKS)) {
      if (backend.info.software && SLOW_TO_COMPILE.has(stage)) continue;
      digests[stage] = await mergeDigest(check, backend, memory);
    }
    for (const [stage, check] of Object.entries({ ...CODEC_CHECKS, ...GROUP_CHECKS })) {
      if (backend.info.software && SLOW_TO_COMPILE.has(stage)) continue;
      digests[stage] = await check(backend, memory);
    }
    return digests;
  });
}

/** Stages whose results on `backend` are not the right ones, bit by bit. */
export async function failedChecks(backend: Backend): Promise<string[]> {
  const digests = await selfTestDigests(backend);
  return Object.keys(digests).filter(stage => digests[stage] !== EXPECTED[stage]);
}
