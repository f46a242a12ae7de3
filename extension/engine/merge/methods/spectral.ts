/** What the methods on singular values share. */

/** Singular values below this share of the largest are rounding errors of float32 task vectors. */
export const RESOLUTION = 2 ** -23;

/** Whether a tensor is a matrix with values in it. */
export const isMatrix = (shape: readonly number[]): shape is readonly [number, number] =>
  shape.length === 2 && shape.every(side => side > 0);

/** Mean of the inputs, value by value. */
export function meanOf(xs: readonly Float32Array[]): Float32Array {
  return (xs[0] as Float32Array).map((_, i) => {
    let sum = 0;
    for (const x of xs) sum += x[i] as number;
    return sum / xs.length;
  });
}
