/** Oracle and cases of disjoint_sum. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { add, multiply } from '../oracle.ts';
import { assign, at, rounded } from '../plain.ts';
import { CHUNK, coarse, elementwise } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['disjointSum'];

export const oracle: Call = async (total, x, zeroSign, weight, sum, share, first, count) => {
  const agrees = (i: number): boolean => {
    const sign = Math.sign(at(total, i)) || Math.sign(zeroSign);
    return sign !== 0 && Math.sign(rounded(weight)) * Math.sign(at(x, i)) === sign;
  };
  const before = (region: typeof sum, i: number): number => (first ? 0 : at(region, i));
  const product = (i: number): number => (agrees(i) ? multiply(rounded(weight), at(x, i)) : 0);
  assign(sum, count, i => add(before(sum, i), product(i)));
  assign(share, count, i => add(before(share, i), agrees(i) ? rounded(weight) : 0));
};

const SIGNS = [-1, 0, 1];

const call =
  (round: number, count: number): StageCase<Call>['call'] =>
  async (disjointSum, total, x, y, sum, share) => {
    const zeroSign = SIGNS[round % 3] ?? 0;
    await disjointSum(total, x, zeroSign, 0.7, sum, share, round % 2 === 0, count);
    await disjointSum(total, y, zeroSign, -0.4, sum, share, false, count);
    await disjointSum(total, x, zeroSign, 0, sum, share, false, count);
  };

const each = elementwise<Call>(5, call);

export function* cases(): Generator<StageCase<Call>> {
  yield* each.cases();
  yield { inputs: [0, 1, 2, 3, 4].map(seed => coarse(CHUNK + 5, seed)), call: call(0, CHUNK) };
}

export const { folded } = each;
