/**
 * The merge stages in plain TypeScript, as kernels/mergeStages.ts defines them: slow, obvious, and by other means
 * than the implementations.
 */
import type { Region } from '../../kernels/memory.ts';
import {
  RADIX_LEVELS,
  type MergeStages,
  type Products,
  type RandomStream,
  type Rows,
  type SignCounts,
  type TaskComparison,
} from '../../kernels/mergeStages.ts';
import { add, divide, ftz, multiply, orderedSum, subtract } from './oracle.ts';
import { philox } from './philox.ts';

/** A region that is nothing but its values. */
export class PlainRegion implements Region {
  readonly bytes: number;

  constructor(readonly values: Float32Array) {
    this.bytes = values.byteLength;
  }
}

const storedIn = (region: Region): Float32Array => (region as PlainRegion).values;

/** Value i, flushed. */
const at = (region: Region, i: number): number => ftz(storedIn(region)[i] ?? NaN);

const rounded = (value: number): number => ftz(Math.fround(value));

const keyOf = (value: number): number =>
  (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0) & 0x7fffffff;

/** Bits [shift, shift + bits) of a key, by arithmetic. */
const bitsOf = (key: number, shift: number, bits: number): number => Math.floor(key / 2 ** shift) % 2 ** bits;

/** Replaces the first `count` values. */
function assign(region: Region, count: number, value: (i: number) => number): void {
  const computed = Float32Array.from({ length: count }, (_, i) => value(i));
  storedIn(region).set(computed);
}

function tally(count: number, holds: (i: number) => boolean): number {
  let found = 0;
  for (let i = 0; i < count; i++) if (holds(i)) found++;
  return found;
}

/** The random word of element `index` of a tensor. */
function wordOf({ seed, tensor, task }: RandomStream, index: number): number {
  return philox([Math.floor(index / 4), 0, tensor, task], seed)[index % 4] ?? NaN;
}

/** Calls `body` with the first index of each row and its indices by rising magnitude, then by rising index. */
function eachRow({ region, first, rows, length }: Rows, body: (order: readonly number[]) => void): void {
  for (let row = 0; row < rows; row++) {
    const indices = Array.from({ length }, (_, i) => first + row * length + i);
    body(indices.sort((a, b) => Math.abs(at(region, a)) - Math.abs(at(region, b)) || a - b));
  }
}

/** Every operation works on PlainRegions, at once. */
export class PlainStages implements MergeStages {
  async axpy(sum: Region, x: Region, weight: number, first: boolean, count: number): Promise<void> {
    const product = (i: number): number => multiply(rounded(weight), at(x, i));
    assign(sum, count, i => (first ? product(i) : add(at(sum, i), product(i))));
  }

  async magnitudeHistogram(x: Region, level: 0 | 1 | 2, prefix: number, count: number): Promise<Uint32Array> {
    const { shift, bits } = RADIX_LEVELS[level];
    const counts = new Uint32Array(2 ** bits);
    for (let i = 0; i < count; i++) {
      const key = keyOf(at(x, i));
      const bin = bitsOf(key, shift, bits);
      if (Math.floor(key / 2 ** (shift + bits)) === prefix) counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  }

  async trim(x: Region, threshold: number, count: number): Promise<number> {
    assign(x, count, i => (keyOf(at(x, i)) < threshold ? 0 : at(x, i)));
    return tally(count, i => at(x, i) !== 0);
  }

  async signCounts(x: Region, count: number): Promise<SignCounts> {
    return { positive: tally(count, i => at(x, i) > 0), negative: tally(count, i => at(x, i) < 0) };
  }

  async disjointSum(
    total: Region,
    x: Region,
    zeroSign: number,
    weight: number,
    sum: Region,
    share: Region,
    first: boolean,
    count: number,
  ): Promise<void> {
    const agrees = (i: number): boolean => {
      const sign = Math.sign(at(total, i)) || Math.sign(zeroSign);
      return sign !== 0 && Math.sign(rounded(weight)) * Math.sign(at(x, i)) === sign;
    };
    const before = (region: Region, i: number): number => (first ? 0 : at(region, i));
    const product = (i: number): number => (agrees(i) ? multiply(rounded(weight), at(x, i)) : 0);
    assign(sum, count, i => add(before(sum, i), product(i)));
    assign(share, count, i => add(before(share, i), agrees(i) ? rounded(weight) : 0));
  }

  async quotient(x: Region, share: Region, least: number, count: number): Promise<void> {
    const isShared = (i: number): boolean => Math.abs(at(share, i)) >= Math.fround(least);
    assign(x, count, i => (isShared(i) ? divide(at(x, i), at(share, i)) : at(x, i)));
  }

  async maxMagnitude(best: Region, x: Region, first: boolean, count: number): Promise<void> {
    const wins = (i: number): boolean => first || Math.abs(at(x, i)) >= Math.abs(at(best, i));
    assign(best, count, i => (wins(i) ? at(x, i) : at(best, i)));
  }

  async consensusVote(
    total: Region,
    x: Region,
    lambda: number,
    votes: Region,
    first: boolean,
    count: number,
  ): Promise<void> {
    const others = (i: number): number => Math.abs(subtract(at(total, i), at(x, i)));
    const matters = (i: number): boolean => Math.abs(at(x, i)) > multiply(rounded(lambda), others(i));
    assign(votes, count, i => add(first ? 0 : at(votes, i), matters(i) ? 1 : 0));
  }

  async keepVoted(x: Region, votes: Region, least: number, count: number): Promise<number> {
    assign(x, count, i => (at(votes, i) < least ? 0 : at(x, i)));
    return tally(count, i => at(x, i) !== 0);
  }

  async unify(total: Region, x: Region, unified: Region, first: boolean, count: number): Promise<void> {
    const candidate = (i: number): number => {
      const sign = at(total, i) > 0 ? 1 : -1;
      return Math.sign(at(x, i)) === sign ? at(x, i) : 0;
    };
    const larger = (a: number, b: number): number => (Math.abs(a) > Math.abs(b) ? a : b);
    assign(unified, count, i => (first ? candidate(i) : larger(candidate(i), at(unified, i))));
  }

  async maskBySign(x: Region, unified: Region, out: Region, count: number): Promise<void> {
    const agrees = (i: number): boolean => Math.sign(at(x, i)) * Math.sign(at(unified, i)) > 0;
    assign(out, count, i => (agrees(i) ? at(unified, i) : 0));
  }

  async rowBand(x: Rows, drop: number, keep: number): Promise<void> {
    const values = storedIn(x.region);
    eachRow(x, order => {
      // By falling magnitude equal ones stay in rising order, so that reversing the rows is not enough.
      const falling = [...order].sort(
        (a, b) => Math.abs(at(x.region, b)) - Math.abs(at(x.region, a)) || a - b,
      );
      falling.forEach((i, rank) => {
        values[i] = rank >= drop && rank < drop + keep ? at(x.region, i) : 0;
      });
    });
  }

  async randomDrop(
    x: Region,
    keepBelow: number,
    scale: number,
    stream: RandomStream,
    index: number,
    count: number,
  ): Promise<void> {
    const keeps = (i: number): boolean => wordOf(stream, index + i) < keepBelow;
    assign(x, count, i => (keeps(i) ? multiply(at(x, i), rounded(scale)) : 0));
  }

  async rankDrop(
    x: Rows,
    low: number,
    step: number,
    rescale: boolean,
    stream: RandomStream,
    index: number,
  ): Promise<void> {
    const values = storedIn(x.region);
    eachRow(x, order =>
      order.forEach((i, rank) => {
        const keep = low + rank * step;
        const kept = wordOf(stream, index + i - x.first) < keep ? at(x.region, i) : 0;
        values[i] = kept !== 0 && rescale ? multiply(kept, divide(2 ** 32, Math.fround(keep))) : kept;
      }),
    );
  }

  async compareTask(
    delta: Region,
    x: Region,
    flags: Region,
    first: boolean,
    count: number,
    before = { product: 0, energy: 0 },
  ): Promise<TaskComparison> {
    const words = new Uint32Array(storedIn(flags).buffer);
    for (let i = 0; i < count; i++) {
      const found = at(x, i) > 0 ? 1 : at(x, i) < 0 ? 2 : 0;
      words[i] = (first ? 0 : (words[i] ?? 0)) | found;
    }
    return {
      product: orderedSum(i => multiply(at(delta, i), at(x, i)), count, before.product),
      energy: orderedSum(i => multiply(at(x, i), at(x, i)), count, before.energy),
      both: tally(count, i => words[i] === 3),
      any: tally(count, i => words[i] !== 0),
    };
  }

  async products(
    x: Region,
    y: Region,
    count: number,
    before: Products = { xy: 0, xx: 0, yy: 0 },
  ): Promise<Products> {
    return {
      xy: orderedSum(i => multiply(at(x, i), at(y, i)), count, before.xy),
      xx: orderedSum(i => multiply(at(x, i), at(x, i)), count, before.xx),
      yy: orderedSum(i => multiply(at(y, i), at(y, i)), count, before.yy),
    };
  }

  async absSum(x: Region, count: number, before = 0): Promise<number> {
    return orderedSum(i => Math.abs(at(x, i)), count, before);
  }
}
