import type { ValuesWay } from '../../../../extension/engine/merge/methods/method.ts';
import { resolve } from '../../../../extension/engine/merge/recipe/parameters.ts';
import { methodNamed } from '../../../../extension/engine/merge/methods/registry.ts';

type Given = Readonly<Record<string, number>>;

/** The result of a method on whole tensors, by row; omitted parameters have their defaults. */
export function mergeValues(
  name: string,
  shape: readonly number[],
  xs: readonly (readonly number[] | Float32Array)[],
  given: Given = {},
  inputs: readonly Given[] = [],
  noise: readonly number[] = xs.map(() => 0),
): Float32Array {
  const { way, parameters } = methodNamed(name);
  const place = { tensor: 'w', depth: 0 };
  return (way as ValuesWay).merge({
    shape,
    xs: xs.map(x => Float32Array.from(x)),
    values: resolve(parameters, [given], place),
    inputs: xs.map((_, i) => resolve(parameters, [inputs[i] ?? {}, given], place)),
    noise,
  });
}

/** Numbers from −1 to 1 that look random but are the same in every run. */
export function randomNumbers(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export const randomTensor = (count: number, seed: number) => Float32Array.from(randomNumbers(count, seed));

/** Largest difference, relative to the largest value of `b`. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const values = Array.from(b);
  const largest = Math.max(...values.map(Math.abs), Number.MIN_VALUE);
  return Math.max(0, ...values.map((value, i) => Math.abs(value - a[i]!))) / largest;
}
