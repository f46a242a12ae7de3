import { dot } from '../merge/math/matrix.ts';

/** What is left of a vector below this part of it is rounding. */
const NOTHING = 1e-14;

/**
 * Makes the columns of a matrix (length × count, by column) orthonormal in place, one after the other: Gram–Schmidt,
 * done twice, which is orthogonal to rounding (Giraud, Langou and Rozložník, "The loss of orthogonality in the
 * Gram–Schmidt orthogonalization process", 2005). A column that depends on earlier ones becomes zero.
 */
export function orthonormalise(a: Float64Array, length: number, count: number): void {
  for (let j = 0; j < count; j++) {
    const at = j * length;
    const before = Math.sqrt(dot(a, at, a, at, length));
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < j; i++) subtract(a, at, i * length, dot(a, i * length, a, at, length), length);
    const norm = Math.sqrt(dot(a, at, a, at, length));
    const factor = norm > NOTHING * before ? 1 / norm : 0;
    for (let k = at; k < at + length; k++) a[k]! *= factor;
  }
}

/** Subtracts `factor` times the column at `from` from the one at `to`. */
function subtract(a: Float64Array, to: number, from: number, factor: number, length: number): void {
  for (let k = 0; k < length; k++) a[to + k]! -= factor * a[from + k]!;
}
