/**
 * Codebooks: the values that codes of fixed width stand for, in units of the scale, and where one code ends and the
 * next begins. Normalised values have a root mean square of about 1.
 */
import { CODES } from '../../../../kernels/codes.ts';
import type { GroupSize } from '../../../formats/tvq/codebookPayload.ts';

/** How a codebook is made. */
export type Design =
  /** Even steps of the width with the least error on the tensor's own values: the range is clipped if that helps. */
  | 'clip'
  /** Lloyd–Max for the normal distribution (Lloyd 1982; Max 1960). */
  | 'gaussian'
  /** Lloyd–Max fitted to the tensor's own values. */
  | 'lloyd-max';

/** Packed codes of a codebook's values, times a scale a group; over rotated values where `rotated`. */
export interface CodebookCoding {
  readonly codec: 'codebook';
  readonly bits: number;
  readonly design: Design;
  readonly groupSize: GroupSize;
  readonly rotated: boolean;
}

export interface Codebook {
  /** Rising. */
  readonly values: Float32Array;
  /** A code ends before the next begins: halfway between their values. */
  readonly boundaries: Float32Array;
}

/** How often normalised values fall into each of the bins of `BINS`. */
export type Histogram = ArrayLike<number>;

/** Furthest boundary of the bins, in root mean squares: wider than any clipped range. */
const REACH = 24;
/** How much finer bins are in the middle than evenly spaced ones. */
const BEND = 6;

/** Boundaries of the bins that values are counted in: sinh-spaced, fine in the middle and wide in the tails. */
export const BINS: Codebook['boundaries'] = Float32Array.from(
  { length: CODES - 1 },
  (_, i) => (REACH * Math.sinh(BEND * ((2 * (i + 1)) / CODES - 1))) / Math.sinh(BEND),
);

/** Values and how often they occur; values rise. */
interface Sample {
  readonly values: Float64Array;
  readonly weights: ArrayLike<number>;
}

/** The value that stands for all members of a bin. */
const CENTRES = Float64Array.from({ length: CODES }, (_, bin) => {
  const [low, high] = [BINS[bin - 1] ?? -REACH, BINS[bin] ?? REACH];
  return (low + high) / 2;
});

/** The codebook of a design. @param histogram of the tensor's values; not used by `gaussian` */
export function codebookOf(design: Design, bits: number, histogram: Histogram): Codebook {
  const codes = 2 ** bits;
  const sample: Sample = { values: CENTRES, weights: histogram };
  if (design === 'clip') return fromValues(clipped(codes, sample));
  return fromValues(design === 'gaussian' ? gaussian(codes) : lloydMax(gaussian(codes), sample));
}

function fromValues(values: readonly number[]): Codebook {
  return {
    values: Float32Array.from(values),
    boundaries: Float32Array.from(values.slice(1), (value, i) => ((values[i] as number) + value) / 2),
  };
}

/** Mid-rise: …, −1.5, −0.5, 0.5, 1.5, … steps. */
const even = (codes: number, step: number): number[] =>
  Array.from({ length: codes }, (_, code) => (code - (codes - 1) / 2) * step);

/** Steps tried for `clip`. */
const [NARROWEST, WIDEST, STEP_RATIO] = [2 ** -7, 4, 2 ** (1 / 16)];

function clipped(codes: number, sample: Sample): number[] {
  const tried: number[] = [];
  for (let step = NARROWEST; step <= WIDEST; step *= STEP_RATIO) tried.push(step);
  const errors = tried.map(step => evenError(codes, step, sample));
  return even(codes, tried[errors.indexOf(Math.min(...errors))] as number);
}

/** Σ (x − x̂)² of a sample quantized with even steps. */
function evenError(codes: number, step: number, { values, weights }: Sample): number {
  const middle = (codes - 1) / 2;
  return values.reduce((sum, x, i) => {
    const code = Math.min(codes - 1, Math.max(0, Math.round(x / step + middle)));
    return sum + (weights[i] as number) * (x - (code - middle) * step) ** 2;
  }, 0);
}

/** Rounds of Lloyd's algorithm: many, as it converges slowly; each round only visits the boundaries. */
const ROUNDS = 4000;
const SETTLED = 1e-9;

/** Lloyd's algorithm: each code's value moves to the mean of the values nearest to it. */
function lloydMax(start: readonly number[], { values: xs, weights }: Sample): number[] {
  // Weight and moment of everything before each value, so that those of a stretch are differences.
  const weight = runningSum(xs.length, i => weights[i] as number);
  const moment = runningSum(xs.length, i => (weights[i] as number) * (xs[i] as number));
  let values = start;
  for (let round = 0; round < ROUNDS; round++) {
    const ends = values.map((value, k) => firstFrom(xs, (value + (values[k + 1] ?? Infinity)) / 2));
    const next = values.map((value, k) => {
      const [from, to] = [ends[k - 1] ?? 0, ends[k] as number];
      const inside = (weight[to] as number) - (weight[from] as number);
      // A code that is nearest to no value does not move.
      return inside > 0 ? ((moment[to] as number) - (moment[from] as number)) / inside : value;
    });
    const settled = next.every((value, k) => Math.abs(value - (values[k] as number)) < SETTLED);
    values = next;
    if (settled) break;
  }
  return [...values];
}

function runningSum(length: number, term: (i: number) => number): Float64Array {
  const sums = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) sums[i + 1] = (sums[i] as number) + term(i);
  return sums;
}

/** Position of the first of the rising `xs` that is at least `bound`. */
function firstFrom(xs: Float64Array, bound: number): number {
  let [low, high] = [0, xs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The normal distribution, as a sample of its density. */
const NORMAL: Sample = (() => {
  const points = 2 ** 17;
  const values = Float64Array.from({ length: points }, (_, i) => 16 * ((i + 0.5) / points) - 8);
  return { values, weights: values.map(x => Math.exp((-x * x) / 2)) };
})();

const gaussians = new Map<number, readonly number[]>();

function gaussian(codes: number): readonly number[] {
  const known = gaussians.get(codes) ?? lloydMax(companded(codes), NORMAL);
  gaussians.set(codes, known);
  return known;
}

/** Nearly Lloyd–Max where codes are many: their density is the cube root of the values' (Panter and Dite 1951). */
function companded(codes: number): number[] {
  const { values, weights } = NORMAL;
  const density = Array.from(weights, weight => Math.cbrt(weight));
  const total = density.reduce((sum, share) => sum + share);
  const found: number[] = [];
  let below = 0;
  for (const [i, x] of values.entries()) {
    below += density[i] as number;
    if (below >= ((found.length + 0.5) / codes) * total) found.push(x);
  }
  return found;
}
