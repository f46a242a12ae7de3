/** The inputs of the stages that drop values by rank in their rows, or at random. */
import type { RandomStream, Rows } from '../../kernels/mergeStages.ts';
import { BEHIND, filled, nth, VALUES, valuesOf, type MergeCase, type Values } from './mergeCases.ts';

type Shape = Omit<Rows, 'region'>;

const SHAPES: readonly Shape[] = [
  { first: 0, rows: 1, length: 1 },
  { first: 3, rows: 5, length: 1 },
  { first: 1, rows: 7, length: 3 },
  { first: 1029, rows: 3, length: 257 },
  { first: 65, rows: 4, length: 1000 },
  { first: 0, rows: 9, length: 768 },
  { first: 1, rows: 2, length: 5001 },
];

/** Rows of every kind of values, some values before and behind them. */
function* rowInputs(
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

export function* bandCases(shapes?: readonly Shape[], kinds?: readonly Values[]): Generator<MergeCase> {
  for (const { inputs, shape } of rowInputs(shapes, kinds)) {
    const { length } = shape;
    const tenth = Math.floor(length / 10);
    const bands = [
      [tenth, 3 * tenth + 1],
      [0, tenth],
      [1, length],
      [0, 0],
      [length, 5],
      [Math.floor(length / 2), 1],
    ] as const;
    for (const [drop, keep] of bands) {
      yield { inputs, call: (stages, r) => stages.rowBand({ region: nth(r, 0), ...shape }, drop, keep) };
    }
  }
}

const STREAMS: readonly RandomStream[] = [
  { seed: [42, 0], tensor: 0, task: 0 },
  { seed: [0xdeadbeef, 0xffffffff], tensor: 0xffffffff, task: 3 },
];

export function* randomCases(counts?: readonly number[]): Generator<MergeCase> {
  for (const { inputs, count, round } of filled(1, counts)) {
    const stream = STREAMS[round % 2] ?? { seed: [0, 0], tensor: 0, task: 0 };
    const keepBelow = [0, 1, 2 ** 31, 429_496_730, 2 ** 32 - 1, 2 ** 32][round % 6] ?? 0;
    const index = [0, 4, 2 ** 32 - 8, 2 ** 34 - 4 * Math.ceil(count / 4) - 4][round % 4] ?? 0;
    yield {
      inputs,
      call: (stages, r) => stages.randomDrop(nth(r, 0), keepBelow, 1 / 0.3, stream, index, count),
    };
  }
}

export function* rankCases(shapes?: readonly Shape[], kinds?: readonly Values[]): Generator<MergeCase> {
  let round = 0;
  for (const { inputs, shape } of rowInputs(shapes, kinds)) {
    const stream = STREAMS[round % 2] ?? { seed: [0, 0], tensor: 0, task: 0 };
    const index = [0, 5, 2 ** 33 + 3][round++ % 3] ?? 0;
    const spread = (low: number, high: number): readonly [number, number] => [
      Math.floor(low * 2 ** 32),
      Math.floor(((high - low) * 2 ** 32) / Math.max(shape.length, 1)),
    ];
    for (const [low, step] of [spread(0.2, 0.4), spread(0, 0.999), spread(0.5, 0.5), [0, 0]] as const) {
      for (const rescale of [true, false]) {
        yield {
          inputs,
          call: (stages, r) =>
            stages.rankDrop({ region: nth(r, 0), ...shape }, low, step, rescale, stream, index),
        };
      }
    }
  }
}
