/** The inputs of the stages that go row by row, or draw random bits. */
import type { RandomStream, Rows } from '../../kernels/stages/rows.ts';
import { BEHIND, VALUES, valuesOf, type Values } from './stageCases.ts';

export type Shape = Omit<Rows, 'region'>;

const SHAPES: readonly Shape[] = [
  { first: 0, rows: 1, length: 1 },
  { first: 3, rows: 5, length: 1 },
  { first: 1, rows: 7, length: 3 },
  { first: 1029, rows: 3, length: 257 },
  { first: 65, rows: 4, length: 1000 },
  { first: 0, rows: 9, length: 768 },
  { first: 1, rows: 2, length: 5001 },
];

/** More rows than the width of a narrow grid. */
export const MANY_ROWS: Shape = { first: 70, rows: 50, length: 37 };

/** Rows of every kind of values, with some values before and after them. */
export function* rowInputs(
  shapes: readonly Shape[] = SHAPES,
  kinds: readonly Values[] = VALUES,
): Generator<{ inputs: Float32Array[]; shape: Shape }> {
  for (const shape of shapes) {
    for (const kind of kinds) {
      const count = shape.first + shape.rows * shape.length + BEHIND;
      yield { inputs: [valuesOf(kind, count, count)], shape };
    }
  }
}

/** One of two streams, alternating. */
export const streamOf = (round: number): RandomStream =>
  round % 2 === 0
    ? { seed: [42, 0], tensor: 0, task: 0 }
    : { seed: [0xdeadbeef, 0xffffffff], tensor: 0xffffffff, task: 3 };
