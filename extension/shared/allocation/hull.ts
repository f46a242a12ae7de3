/** Which points of a rate–distortion curve are worth considering. */

/** Points by position. */
export interface Columns {
  readonly bytes: ArrayLike<number>;
  readonly error: ArrayLike<number>;
}

/**
 * Gains per byte this close to each other count as equal: sums of equal steps differ in their last bits, and a point
 * between two equal steps makes a finer allocation possible.
 */
const SAME_SLOPE = 1 - 1e-12;

/**
 * The positions from `from` to `to` that no other there dominates, that is, whose error no smaller point matches. Bytes
 * rise, errors fall; of equal points the first is kept.
 */
export function paretoFront({ bytes, error }: Columns, from: number, to: number): number[] {
  const at = (values: ArrayLike<number>, i: number) => values[i] as number;
  const bySize = Array.from({ length: to - from }, (_, i) => from + i).sort(
    (a, b) => at(bytes, a) - at(bytes, b) || at(error, a) - at(error, b) || a - b,
  );
  let least = Infinity;
  return bySize.filter(position => {
    const better = at(error, position) < least;
    if (better) least = at(error, position);
    return better;
  });
}

/** Whether points already are a Pareto front, as most measured curves, listed by width, happen to be. */
export function isFront({ bytes, error }: Columns, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) {
    if (!(
      (bytes[i] as number) > (bytes[i - 1] as number) && (error[i] as number) < (error[i - 1] as number)
    )) {
      return false;
    }
  }
  return true;
}

/**
 * The lower convex hull of the Pareto front from `from` to `to`: the only points that min error + λ · bytes chooses for
 * some λ (Shoham and Gersho, 1988). Along it the gain per byte falls; points on a straight stretch are kept. Measured
 * curves are not convex: min–max codes lose little from 8 to 4 bits and collapse at 2.
 */
export function convexHull({ bytes, error }: Columns, from: number, to: number): number[] {
  const gainPerByte = (less: number, more: number) =>
    ((error[less] as number) - (error[more] as number)) / ((bytes[more] as number) - (bytes[less] as number));
  const hull: number[] = [];
  for (let position = from; position < to; position++) {
    while (hull.length > 1) {
      const middle = hull[hull.length - 1] as number;
      const before = hull[hull.length - 2] as number;
      if (gainPerByte(before, middle) >= gainPerByte(middle, position) * SAME_SLOPE) break;
      hull.pop();
    }
    hull.push(position);
  }
  return hull;
}
