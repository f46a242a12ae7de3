/** Oracle and cases of quotient. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { divide } from '../oracle.ts';
import { assign, at } from '../plain.ts';
import { elementwise } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['quotient'];

export const oracle: Call = async (x, share, least, count) => {
  const isShared = (i: number): boolean => Math.abs(at(share, i)) >= Math.fround(least);
  assign(x, count, i => (isShared(i) ? divide(at(x, i), at(share, i)) : at(x, i)));
};

const LEAST = [1e-8, 2 ** -126, 0.3];

const each = elementwise<Call>(
  2,
  (round, count) => (quotient, x, share) => quotient(x, share, LEAST[round % 3] ?? 1, count),
);

/** The hardest quotients: mantissas of all ones, next to powers of two, results around 2^-126. */
function hard(): StageCase<Call> {
  const near = (value: number): number[] => [value, value * (1 - 2 ** -24), value * (1 + 2 ** -23)];
  const shares = [1, 3, 0.7, 1e-8, 1 / 3, 127, -5, 2 ** 40, 0].flatMap(near);
  const sums = [1, 2, 0.1, -1e-30, 2 ** -126, 2 ** -125, -(2 ** -100), 3e38, 2 ** -87, 0].flatMap(near);
  const pairs = sums.flatMap(sum => shares.map(share => [sum, share] as const));
  const inputs = [0, 1].map(i => Float32Array.from(pairs, pair => pair[i] ?? 0));
  return { inputs, call: (quotient, x, share) => quotient(x, share, 1e-8, pairs.length) };
}

export function* cases(): Generator<StageCase<Call>> {
  yield* each.cases();
  yield hard();
}

export const { folded } = each;
