/** Types of score.mjs for its test. */
export type Tensors = ReadonlyMap<string, { readonly data: Float32Array }>;

export interface Comparison {
  readonly squares: number;
  readonly error: number;
  readonly product: number;
}

export type Grid = Readonly<Record<string, readonly number[]>>;

export function countHits(logits: Float32Array, labels: Int32Array): number;
export function compareVectors(base: Tensors, tuned: Tensors, restored: Tensors): Comparison;
export function fidelity(comparisons: readonly Comparison[]): { relativeError: number; projection: number };
export function gridPoints(grid: Grid | undefined): Record<string, number>[];
export function bestOf<T extends { readonly value: number }>(
  trials: readonly T[],
  better: 'higher' | 'lower',
): T;

export interface Output {
  readonly data: Float32Array;
}
export function divergence<T extends Output>(
  outputs: readonly T[],
  original: readonly T[],
  view: (output: T) => Output & { readonly classes: number; readonly stride: number },
): number;
export function relativeChange(outputs: readonly Output[], original: readonly Output[]): number;
