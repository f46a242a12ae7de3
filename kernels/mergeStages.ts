/**
 * The stages of merging: what `backend.ts` is for quantizing. Values are F32 at the start of their regions unless a
 * stage says otherwise; they, and float parameters, are flushed as they are read, so that +0 is the only zero; every
 * float operation is followed by `ftz`; regions of one call are distinct. Every result is byte-identical on every
 * backend, as long as values and results are finite. No stage touches a region behind its last value.
 */
import type { Region } from './memory.ts';

/** Order-preserving key of a magnitude: the bits of |x|. Non-finite values never reach these stages. */
export type MagnitudeKey = number;

/** The three levels of a radix select over 31-bit magnitude keys: bits [shift, shift + bits). */
export const RADIX_LEVELS = [
  { shift: 20, bits: 11 },
  { shift: 10, bits: 10 },
  { shift: 0, bits: 10 },
] as const;

/** The longest row of the row stages. Several rows fit a chunk together, a single one may be longer. */
export const MAX_ROW = 2 ** 20;

/** Sums over two vectors. */
export interface Products {
  readonly xy: number;
  readonly xx: number;
  readonly yy: number;
}

/** What compare_task found out about a merged task vector and one of those it was made of. */
export interface TaskComparison {
  /** ⟨delta, x⟩. */
  readonly product: number;
  /** ‖x‖². */
  readonly energy: number;
  /** Weights that tasks so far move in both directions, and those that some task moves. */
  readonly both: number;
  readonly any: number;
}

/** Counts of values by sign. */
export interface SignCounts {
  readonly positive: number;
  readonly negative: number;
}

/** A stretch of whole rows: `rows` rows of `length` values, at most MAX_ROW, from element `first` (any alignment) of
 * an F32 region. */
export interface Rows {
  readonly region: Region;
  readonly first: number;
  readonly rows: number;
  readonly length: number;
}

/** Random bits of one tensor of one task: Philox4x32-10, key = seed, counter = (i div 4, 0, tensor, task), word
 * i mod 4 for element i of the tensor (Salmon et al., SC11). */
export interface RandomStream {
  /** Two 32-bit words. */
  readonly seed: readonly [number, number];
  readonly tensor: number;
  readonly task: number;
}

export interface MergeStages {
  /** axpy: sum[i] = sum[i] + weight·x[i] (two operations, each with ftz), or weight·x[i] when `first`. */
  axpy(sum: Region, x: Region, weight: number, first: boolean, count: number): Promise<void>;

  /** magnitude_histogram: how many values have each value of the level's bits in their magnitude key, among those
   * whose key's bits above the level equal `prefix` (0 at level 0). 2^bits counts. */
  magnitudeHistogram(x: Region, level: 0 | 1 | 2, prefix: number, count: number): Promise<Uint32Array>;

  /** trim: x[i] = +0 where its magnitude key is below `threshold`, in place. @returns how many non-zero are left */
  trim(x: Region, threshold: MagnitudeKey, count: number): Promise<number>;

  /** sign_counts: how many values are above and below zero. */
  signCounts(x: Region, count: number): Promise<SignCounts>;

  /** disjoint_sum: where weight·x[i] is not zero and has the sign of total[i] (that of `zeroSign`, +1 or −1, where
   * total[i] is zero; 0: never), judged by the signs of its factors: sum[i] += weight·x[i] and share[i] += weight.
   * Starts both at zero when `first`. */
  disjointSum(
    total: Region,
    x: Region,
    zeroSign: number,
    weight: number,
    sum: Region,
    share: Region,
    first: boolean,
    count: number,
  ): Promise<void>;

  /** quotient: x[i] = x[i] / share[i], correctly rounded; x[i] as it is where |share[i]| is below `least`, a positive
   * float32. In place. */
  quotient(x: Region, share: Region, least: number, count: number): Promise<void>;

  /** max_magnitude: best[i] = x[i] where |x[i]| ≥ |best[i]| (later tasks win ties), or x[i] when `first`. */
  maxMagnitude(best: Region, x: Region, first: boolean, count: number): Promise<void>;

  /** consensus_vote: votes[i] (F32) += 1 where |x[i]| > lambda·|total[i] − x[i]|; starts at zero when `first`.
   * `lambda` is not negative. */
  consensusVote(
    total: Region,
    x: Region,
    lambda: number,
    votes: Region,
    first: boolean,
    count: number,
  ): Promise<void>;

  /** keep_voted: x[i] = +0 where votes[i] < least, in place. @returns how many non-zero are left */
  keepVoted(x: Region, votes: Region, least: number, count: number): Promise<number>;

  /** unify (EMR): candidate = x[i] where it has the sign of total[i] (negative where total[i] ≤ 0), else 0;
   * unified[i] = candidate where its magnitude is larger than that of unified[i], or when `first`. */
  unify(total: Region, x: Region, unified: Region, first: boolean, count: number): Promise<void>;

  /** mask_by_sign (EMR): out[i] = unified[i] where x[i]·unified[i] > 0 by sign, else +0. */
  maskBySign(x: Region, unified: Region, out: Region, count: number): Promise<void>;

  /** row_band (breadcrumbs): in each row, ranks by falling magnitude, equal magnitudes by rising index; x = +0 for
   * ranks below `drop` and from `drop + keep` on, both below 2^31. In place. */
  rowBand(x: Rows, drop: number, keep: number): Promise<void>;

  /** random_drop (DARE): x[i] = x[i]·scale where the element's random word is below `keepBelow` (0 to 2^32; 2^32
   * keeps all), else +0. `index` is the tensor's element that x[0] is, a multiple of 4. */
  randomDrop(
    x: Region,
    keepBelow: number,
    scale: number,
    stream: RandomStream,
    index: number,
    count: number,
  ): Promise<void>;

  /** rank_drop (DELLA): in each row, rank r by rising magnitude (equal ones by rising index); the element is kept
   * where its random word is below keep = low + r·step (an integer below 2^32 in every rank), and then multiplied by
   * 2^32 / keep when `rescale` (keep rounded to float32, the quotient correctly rounded); else +0. `index` is the
   * tensor's element that x's first row begins with, any integer. */
  rankDrop(
    x: Rows,
    low: number,
    step: number,
    rescale: boolean,
    stream: RandomStream,
    index: number,
  ): Promise<void>;

  /** compare_task: Σ delta·x and Σx² in delta_energy's order of summation, added to `before`; flags[i] (u32) |= 1 where
   * x[i] > 0, 2 where x[i] < 0, starting at zero when `first`. Values are flushed, as every stage leaves them.
   * @returns the sums; how many flags are now 3 (both signs), and how many are not 0 */
  compareTask(
    delta: Region,
    x: Region,
    flags: Region,
    first: boolean,
    count: number,
    before?: Pick<TaskComparison, 'product' | 'energy'>,
  ): Promise<TaskComparison>;

  /** products: Σxy, Σx², Σy² in delta_energy's order of summation, added to `before`. */
  products(x: Region, y: Region, count: number, before?: Products): Promise<Products>;

  /** abs_sum: Σ|x| in the same order, added to `before`. */
  absSum(x: Region, count: number, before?: number): Promise<number>;
}
