/** Random small groups from a seed, and the exact optimum to compare with. */
import {
  alone,
  type Choice,
  type Group,
  type RatePoint,
} from '../../../../extension/shared/allocation/index.ts';

/** mulberry32: numbers from 0 to 1. */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

const whole = (random: Random, least: number, most: number) =>
  least + Math.floor((most - least + 1) * random());

/** Bytes. */
export const LARGEST_CHOICE = 40;

/** In any order, convex or not, some dominated, some equal. */
const randomChoices = (random: Random, most: number): Choice[] =>
  Array.from({ length: whole(random, 1, most) }, (_, codec) => ({
    codec,
    bytes: whole(random, 0, LARGEST_CHOICE),
    error: whole(random, 0, 64) / 4,
  }));

export const randomPlain = (random: Random, count: number): Group[] =>
  Array.from({ length: count }, (_, i) =>
    alone(`tensor ${i}`, randomChoices(random, 6), { weight: whole(random, 0, 8) / 4 }),
  );

export const randomShared = (random: Random, count: number): Group[] =>
  Array.from({ length: count }, (_, i) => {
    const bases = randomChoices(random, 3).map(choice => ({
      ...choice,
      error: random() < 0.5 ? 0 : choice.error,
    }));
    return {
      name: `tensor ${i}`,
      base: { choices: bases, weight: whole(random, 0, 4) / 2 },
      offsets: Array.from({ length: whole(random, 1, 3) }, () => ({
        weight: whole(random, 1, 4) / 2,
        choices: bases.map(() => randomChoices(random, 3)),
      })),
    };
  });

/** Every way to choose for a group. */
function combinations({ base, offsets }: Group): RatePoint[] {
  const bases = base?.choices ?? [{ bytes: 0, error: 0 }];
  return bases.flatMap((own, b) =>
    offsets.reduce<RatePoint[]>(
      (points, { choices, weight = 1 }) =>
        points.flatMap(point =>
          (choices[b] ?? []).map(({ bytes, error }) => ({
            bytes: point.bytes + bytes,
            error: point.error + weight * error,
          })),
        ),
      [{ bytes: own.bytes, error: (base?.weight ?? 1) * own.error }],
    ),
  );
}

/** The least error at exactly 0, 1, … bytes, by dynamic programming over all combinations; Infinity if impossible. */
export function leastErrors(groups: readonly Group[]): number[] {
  let least = [0];
  for (const group of groups) {
    const points = combinations(group);
    const next = Array.from(
      { length: least.length + Math.max(...points.map(({ bytes }) => bytes)) },
      () => Infinity,
    );
    for (const [used, error] of least.entries()) {
      for (const point of points) {
        next[used + point.bytes] = Math.min(next[used + point.bytes]!, error + point.error);
      }
    }
    least = next;
  }
  return least;
}
