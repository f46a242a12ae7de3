/** A tiny version of every stage, whose results are known: what a device must get right before it is trusted. */
import { BYTES_PER_ELEMENT, packedBytes } from './backend.ts';
import type { Affine, Backend, FloatType, Region, Scope, Slice } from './backend.ts';

/** One whole alignment unit, and a second that is cut off in the middle of a word of codes. */
export const SELF_TEST_COUNT = 2048 + 37;

/** The quantizer of the checks. The first values' products round to a number that lies, with the zero point added,
 * halfway between two codes, but do not lie there themselves; and as they nearly cancel the zero point, a device that
 * contracts scale·x + zero keeps the difference and gives other codes. */
export const selfTestAffine = (bits: number): Affine => ({ bits, scale: Math.fround(8 / 3), zero: 13 });

/** Values of 2^bits codes that are no multiples of one another. */
export const selfTestTable = (bits: number): Float32Array =>
  Float32Array.from({ length: 1 << bits }, (_, code) => (code - 2.3) / 7);

/** A value below 2^-126, the smallest one that is not, both zeros, and values that f16 and bf16 round to even. */
const SPECIAL = [
  1e-39,
  -1e-39,
  2 ** -126,
  0,
  -0,
  2 ** -24,
  3 * 2 ** -26,
  1 + 2 ** -9,
  1 + 3 * 2 ** -9,
  65519,
];

/** F32 bytes: values next to ties of selfTestAffine(3), then special ones, then pseudo-random ones. */
export function selfTestValues(seed: number): Uint8Array {
  const values = new Float32Array(SELF_TEST_COUNT);
  const { scale, zero } = selfTestAffine(3);
  let state = seed >>> 0;
  for (let i = 0; i < values.length; i++) {
    // Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (i < 64) values[i] = (((i % 9) - 0.5 - zero) / scale) * (1 + (i >> 4) * 2 ** -23);
    else if (i < 64 + SPECIAL.length) values[i] = SPECIAL[i - 64] ?? 0;
    else values[i] = (state / 2 ** 31 - 2.75) * (i % 7 === 0 ? 0.001 : 2);
  }
  return new Uint8Array(values.buffer);
}

/** Elements of a 16-bit type, all of them finite: pseudo-random bits below the largest exponent. */
export function selfTestHalves(type: FloatType, seed: number): Uint8Array {
  const halves = new Uint16Array(SELF_TEST_COUNT + 1);
  let state = seed >>> 0;
  for (let i = 0; i < halves.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const bits = state >>> 16;
    // Exponents of bf16 are drawn near 1, so that sums round.
    halves[i] = type === 'F16' ? bits & 0xbbff : (bits & 0x83ff) | 0x3c00;
  }
  halves.set([0x0001, 0x83ff, 0x0000, 0x8000], 100);
  return new Uint8Array(halves.buffer, 0, SELF_TEST_COUNT * 2);
}

/** 32-bit FNV-1a of byte sequences, in hex. */
export function digest(...parts: readonly Uint8Array[]): string {
  let hash = 0x811c9dc5;
  for (const part of parts) for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The bytes of float64 numbers, so that results that are no bytes can be digested too. */
export const bytesOf = (...numbers: readonly number[]): Uint8Array =>
  new Uint8Array(Float64Array.from(numbers).buffer);

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
      await backend.quantizePack(base.region, selfTestAffine(bits), codes, 0, COUNT);
      packed.push(await backend.read(codes, 0, packedBytes(COUNT, bits)));
    }
    return digest(...packed);
  },
  unpack_dequantize: async ({ backend, memory, base, y }) => {
    const codes = memory.alloc(COUNT);
    await backend.quantizePack(base.region, selfTestAffine(3), codes, 0, COUNT);
    await backend.unpackDequantize(codes, 0, 3, selfTestTable(3), base, y, 0, COUNT);
    return digest(await backend.read(y, 0, COUNT * 4));
  },
  squared_error: async ({ backend, tuned, base }) => {
    const { error, energy } = await backend.squaredError(tuned.F32.region, base.region, COUNT);
    return digest(bytesOf(error, energy));
  },
  encode: async ({ backend, memory, base }) => {
    const out = memory.alloc(COUNT * 2);
    await backend.encode(base, 'BF16', out, COUNT);
    const bf16 = await backend.read(out, 0, COUNT * 2);
    await backend.encode(base, 'F16', out, COUNT);
    return digest(bf16, await backend.read(out, 0, COUNT * 2));
  },
};

/** Digests of the right results, computed by a plain implementation of the definitions in backend.ts. */
export const EXPECTED: Readonly<Record<string, string>> = {
  delta_minmax: '6b1a0382',
  mean_delta: '736dff1d',
  quantize_pack: '2ee95c2e',
  unpack_dequantize: '752df77e',
  squared_error: 'b50d4596',
  encode: '88e05a75',
};

/** Digest of each stage's results on `backend`; needs about 80 KB of its memory. */
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
    return digests;
  });
}

/** Stages whose results on `backend` are not the right ones, bit by bit. */
export async function failedChecks(backend: Backend): Promise<string[]> {
  const digests = await selfTestDigests(backend);
  return Object.keys(EXPECTED).filter(stage => digests[stage] !== EXPECTED[stage]);
}
