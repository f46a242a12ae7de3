/** The inputs that every merge stage is tested with: regions, and a call that every implementation can be asked. */
import type { Region } from '../../kernels/memory.ts';
import { RADIX_LEVELS, type MergeStages } from '../../kernels/mergeStages.ts';
import { raw } from './cases.ts';
import { ftz } from './oracle.ts';
import { generator, type Kind } from './random.ts';

export interface MergeCase {
  /** What the regions hold at first. */
  readonly inputs: readonly Float32Array[];
  /** Calls stages with the regions; what it returns is compared too. */
  readonly call: (stages: MergeStages, regions: readonly Region[]) => Promise<unknown>;
}

/** Values behind the last one that a stage is called with, which must stay as they are. */
export const BEHIND = 5;

/** Around vectors, lanes, workgroups and blocks of sums. */
export const COUNTS = [1, 2, 3, 4, 5, 31, 33, 1023, 1025, 2048, 8191, 8193, 20_003] as const;

const SIGNS = [-1, 0, 1];

/** Values of few magnitudes, as restored from low-bit codes, with zeros: ties, and opposite values that cancel. */
export function coarse(count: number, seed: number): Float32Array {
  const random = generator(seed);
  return Float32Array.from({ length: count }, () => (Math.floor(random() * 7) - 3) * 0.125);
}

export type Values = Kind | 'coarse';

/** Finite values of each kind. */
export function valuesOf(kind: Values, count: number, seed: number): Float32Array {
  return kind === 'coarse' ? coarse(count, seed) : raw(kind, count, seed);
}

export const VALUES: readonly Values[] = ['weights', 'wide', 'tiny', 'coarse'];

/** `inputs` regions of every kind of values and of every length, a few values longer than the calls' count. */
export function* filled(
  inputs: number,
  counts: readonly number[] = COUNTS,
  kinds: readonly Values[] = VALUES,
): Generator<{ inputs: Float32Array[]; count: number; round: number }> {
  let round = 0;
  for (const count of counts) {
    for (const kind of kinds) {
      const all = Array.from({ length: inputs }, (_, i) => valuesOf(kind, count + BEHIND, count + 100 * i));
      yield { inputs: all, count, round: round++ };
    }
  }
}

/** A region by its number. */
export const nth = (regions: readonly Region[], i: number): Region => {
  const region = regions[i];
  if (!region) throw new Error(`there is no region ${i}`);
  return region;
};

type Elementwise = 'axpy' | 'disjoint_sum' | 'quotient' | 'max_magnitude' | 'consensus_vote' | 'keep_voted';
type Masking = 'unify' | 'mask_by_sign' | 'trim' | 'sign_counts';

/** One call of each stage that goes value by value, the second time on top of the first. */
const CALLS: Record<
  Elementwise | Masking,
  { regions: number; call: (round: number, count: number) => MergeCase['call'] }
> = {
  axpy: {
    regions: 2,
    call: (round, count) => async (stages, r) => {
      await stages.axpy(nth(r, 0), nth(r, 1), 0.3, round % 3 === 0, count);
      await stages.axpy(nth(r, 0), nth(r, 1), -1.7, false, count);
    },
  },
  disjoint_sum: {
    regions: 5,
    call: (round, count) => async (stages, r) => {
      const zeroSign = SIGNS[round % 3] ?? 0;
      const add = (x: number, weight: number, first: boolean): Promise<void> =>
        stages.disjointSum(nth(r, 0), nth(r, x), zeroSign, weight, nth(r, 3), nth(r, 4), first, count);
      await add(1, 0.7, round % 2 === 0);
      await add(2, -0.4, false);
      await add(1, 0, false);
    },
  },
  quotient: {
    regions: 2,
    call: (round, count) => (stages, r) =>
      stages.quotient(nth(r, 0), nth(r, 1), [1e-8, 2 ** -126, 0.3][round % 3] ?? 1, count),
  },
  max_magnitude: {
    regions: 2,
    call: (round, count) => (stages, r) => stages.maxMagnitude(nth(r, 0), nth(r, 1), round % 4 === 0, count),
  },
  consensus_vote: {
    regions: 4,
    call: (round, count) => async (stages, r) => {
      await stages.consensusVote(nth(r, 0), nth(r, 1), 0.4, nth(r, 3), round % 3 !== 0, count);
      await stages.consensusVote(nth(r, 0), nth(r, 2), 1, nth(r, 3), false, count);
    },
  },
  keep_voted: {
    regions: 2,
    call: (round, count) => (stages, r) =>
      stages.keepVoted(nth(r, 0), nth(r, 1), round % 2 === 0 ? 0.125 : 0, count),
  },
  unify: {
    regions: 3,
    call: (round, count) => (stages, r) =>
      stages.unify(nth(r, 0), nth(r, 1), nth(r, 2), round % 4 === 0, count),
  },
  mask_by_sign: {
    regions: 3,
    call: (_, count) => (stages, r) => stages.maskBySign(nth(r, 0), nth(r, 1), nth(r, 2), count),
  },
  trim: {
    regions: 1,
    call: (round, count) => (stages, r) =>
      stages.trim(nth(r, 0), [0, 1, 0x00800000, 0x3c23d70a, 0x3e800000, 0x7f800000][round % 6] ?? 0, count),
  },
  sign_counts: {
    regions: 1,
    call: (_, count) => (stages, r) => stages.signCounts(nth(r, 0), count),
  },
};

export const ELEMENTWISE = Object.keys(CALLS) as (Elementwise | Masking)[];

export function* elementwiseCases(
  stage: Elementwise | Masking,
  counts?: readonly number[],
  kinds?: readonly Values[],
): Generator<MergeCase> {
  const { regions, call } = CALLS[stage];
  for (const { inputs, count, round } of filled(regions, counts, kinds))
    yield { inputs, call: call(round, count) };
}

/** Quotients at their hardest: mantissas of all ones, next to powers of two, results around 2^-126. */
export function hardQuotients(): MergeCase {
  const near = (value: number): number[] => [value, value * (1 - 2 ** -24), value * (1 + 2 ** -23)];
  const shares = [1, 3, 0.7, 1e-8, 1 / 3, 127, -5, 2 ** 40, 0].flatMap(near);
  const sums = [1, 2, 0.1, -1e-30, 2 ** -126, 2 ** -125, -(2 ** -100), 3e38, 2 ** -87, 0].flatMap(near);
  const pairs = sums.flatMap(sum => shares.map(share => [sum, share] as const));
  const inputs = [0, 1].map(i => Float32Array.from(pairs, pair => pair[i] ?? 0));
  return { inputs, call: (stages, r) => stages.quotient(nth(r, 0), nth(r, 1), 1e-8, pairs.length) };
}

/** Every level, with the prefixes of a few values, and one that no value has. */
export function* histogramCases(counts?: readonly number[], kinds?: readonly Values[]): Generator<MergeCase> {
  for (const { inputs, count } of filled(1, counts, kinds)) {
    const bits = new Uint32Array(inputs[0]?.buffer ?? new ArrayBuffer(0));
    const keys = [0, Math.floor(count / 2), count - 1].map(i => (bits[i] ?? 0) & 0x7fffffff);
    yield {
      inputs,
      call: async (stages, r) => {
        const found = [await stages.magnitudeHistogram(nth(r, 0), 0, 0, count)];
        for (const level of [1, 2] as const) {
          const { shift, bits: width } = RADIX_LEVELS[level];
          for (const key of [...keys, 0x7f7fffff]) {
            found.push(await stages.magnitudeHistogram(nth(r, 0), level, key >>> (shift + width), count));
          }
        }
        return found;
      },
    };
  }
}

/** A merged vector and two task vectors. */
export function* comparisonCases(): Generator<MergeCase> {
  for (const count of [...COUNTS, 70_001]) {
    const small = (seed: number): Float32Array => raw('weights', count, seed).map(v => v * 2 ** -57);
    for (const vectors of [
      [raw('weights', count, 1), raw('weights', count, 2), raw('weights', count, 3)],
      [coarse(count, 4), coarse(count, 5), coarse(count, 6)],
      [small(7), small(8), raw('tiny', count, 9).map(ftz)],
    ]) {
      yield {
        inputs: [...vectors, new Float32Array(count)],
        call: async (stages, r) => [
          await stages.compareTask(nth(r, 0), nth(r, 1), nth(r, 3), true, count),
          await stages.compareTask(nth(r, 0), nth(r, 2), nth(r, 3), false, count, { product: 1, energy: 2 }),
        ],
      };
    }
  }
}

/** Sums of values whose products need no flush, of those whose products do, and of coarse ones. */
export function* sumCases(): Generator<MergeCase> {
  for (const count of [...COUNTS, 70_001]) {
    const small = (seed: number): Float32Array => raw('weights', count, seed).map(v => v * 2 ** -57);
    const pairs = [
      [raw('weights', count, 1), raw('weights', count, 2)],
      [raw('tiny', count, 3), raw('weights', count, 4)],
      [coarse(count, 5), coarse(count, 6)],
      [small(7), small(8)],
    ];
    for (const inputs of pairs) {
      yield {
        inputs,
        call: async (stages, r) => [
          await stages.products(nth(r, 0), nth(r, 1), count),
          await stages.products(nth(r, 0), nth(r, 1), count, { xy: 1, xx: 2, yy: 3 }),
          await stages.absSum(nth(r, 0), count),
          await stages.absSum(nth(r, 1), count, 0.1),
        ],
      };
    }
  }
}
