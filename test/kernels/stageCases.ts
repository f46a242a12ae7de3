/** The values that stages are tested with. */
import type { StageCase } from './stageDrive.ts';
import { raw } from './cases.ts';
import { generator, type Kind } from './random.ts';

/** Number of values after the last one of a call, which must stay unchanged. */
export const BEHIND = 5;

/** Around the sizes of vectors, lanes, workgroups and blocks of sums. */
export const COUNTS = [1, 2, 3, 4, 5, 31, 33, 1023, 1025, 2048, 8191, 8193, 20_003] as const;

/** Enough values to fold a narrow grid, of blocks of sums too: five of them on 3 by 2. */
export const FOLDED = 33_001;

/** As many as the CPU backend takes in one call. */
export const CHUNK = 262_144;

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

/** Cases of a stage that goes value by value through `inputs` regions, and more for a narrow grid. */
export function elementwise<Call>(
  inputs: number,
  call: (round: number, count: number) => StageCase<Call>['call'],
): { cases: () => Generator<StageCase<Call>>; folded: () => Generator<StageCase<Call>> } {
  const of = function* (...values: Parameters<typeof filled> extends [unknown, ...infer R] ? R : never) {
    for (const { inputs: all, count, round } of filled(inputs, ...values)) {
      yield { inputs: all, call: call(round, count) };
    }
  };
  return { cases: () => of(), folded: () => of([FOLDED], ['coarse', 'wide']) };
}

/** Pairs of vectors: values whose products need no flush, values whose products do, and coarse ones. */
export function* pairs(): Generator<{ inputs: Float32Array[]; count: number }> {
  for (const count of [...COUNTS, FOLDED]) {
    const small = (seed: number): Float32Array => raw('weights', count, seed).map(v => v * 2 ** -57);
    for (const inputs of [
      [raw('weights', count, 1), raw('weights', count, 2)],
      [raw('tiny', count, 3), raw('weights', count, 4)],
      [coarse(count, 5), coarse(count, 6)],
      [small(7), small(8)],
    ]) {
      yield { inputs, count };
    }
  }
}
