/**
 * What each choice of step would cost a tensor, measured: its bytes and the squared error they leave.
 *
 * A few lattices are really applied. From the counts of codes of a lattice of step δ those of step m·δ follow exactly
 * for every odd m, because its cells are unions of m cells; the error follows from the counts and δ's own error, the
 * part of the values within a cell being small and even beside the steps that matter.
 */
import { CODES } from '../../../kernels/codecStages.ts';
import { codedBits, frequenciesOf } from '../../../kernels/entropy.ts';
import { enoughPayloadBytes } from '../../../kernels/payload.ts';
import type { SquaredError } from '../../../kernels/backend.ts';
import type { JobContext } from '../job.ts';
import type { Coding, Reconstruction } from './coding.ts';
import {
  addCounts,
  gainOf,
  LATTICE_ROTATION,
  latticeOf,
  projections,
  squaresOf,
  ZERO_CODE,
} from './lattice.ts';
import { spansOf } from './tensorInput.ts';
import { eachChunk, join, NO_EXTENT, type EncoderMemory, type Values } from './vectorEncoder.ts';

/** Lattices that are applied, as steps in units of the values' root mean square, and the multiples taken of each. */
const LATTICES: readonly { readonly step: number; readonly multiples: readonly number[] }[] = [
  { step: 1 / 16, multiples: [1] },
  { step: 1 / 8, multiples: [1, 3, 5, 7] },
  { step: 2 ** -1.5, multiples: [1, 3, 5, 7, 9, 11] },
  { step: 1 / 2, multiples: [1, 3, 5, 7, 9, 11] },
  { step: 1 / 4, multiples: [1, 3, 5, 7, 9, 11, 13, 15] },
];

/** One way to code a tensor. */
export interface MeasuredChoice {
  readonly coding: Coding;
  /** Payload bytes that are enough for it. */
  readonly bytes: number;
  /** ‖τ̂ − τ‖² with an unbiased, and with the nearest, reconstruction. */
  readonly error: Readonly<Record<Reconstruction, number>>;
}

/** A tensor of one task vector. */
export interface TensorAnalysis {
  /** Number of the task's vector in the file. */
  readonly task: number;
  readonly elements: number;
  /** ‖τ‖². */
  readonly energy: number;
  readonly min: number;
  readonly max: number;
  readonly finite: boolean;
  /** By falling bytes; none where the tensor is constant or not finite. */
  readonly choices: readonly MeasuredChoice[];
}

interface AnalyzedTensor {
  readonly task: number;
  readonly count: number;
  readonly resident: boolean;
  /** Steps to measure; the lattices above where there are none. */
  readonly steps: readonly number[];
}

/** Measures a tensor; two passes over its values. */
export async function analyzeTensor(
  context: JobContext,
  memory: EncoderMemory,
  { task, count, resident, steps }: AnalyzedTensor,
  values: Values,
): Promise<TensorAnalysis> {
  const { backend } = context;
  const x = { region: memory.x, type: 'F32', first: 0 } as const;
  let energy = 0;
  let extent = NO_EXTENT;
  for (const span of spansOf(count, resident)) {
    await eachChunk(context, span, values, async chunk => {
      extent = join(extent, await values.chunk(chunk, memory.x));
      energy = await backend.deltaEnergy(x, undefined, chunk.count, energy);
    });
  }
  const known = { task, elements: count, energy, ...extent };
  const rms = Math.sqrt(energy / count);
  if (!extent.finite || extent.min === extent.max || !(rms > 2 ** -100)) return { ...known, choices: [] };

  const lattices =
    steps.length > 0
      ? steps.map(step => ({ step, multiples: [1] }))
      : LATTICES.map(({ step, multiples }) => ({ step: step * rms, multiples }));
  const applied = lattices.map(({ step, multiples }) => ({
    lattice: latticeOf(step),
    multiples,
    sums: { error: 0, energy: 0 },
    counts: new Float64Array(CODES),
  }));
  for (const span of spansOf(count, resident)) {
    await eachChunk(context, span, values, async chunk => {
      await values.chunk(chunk, memory.x);
      await backend.rotate(memory.x, span.first + chunk.first, chunk.count, LATTICE_ROTATION);
      for (const one of applied) {
        one.sums = await backend.quantizePack(memory.x, one.lattice, memory.codes, 0, chunk.count, one.sums);
        addCounts(one.counts, await backend.codeCounts(memory.codes, 0, chunk.count));
      }
    });
  }
  const choices = applied.flatMap(({ lattice, multiples, sums, counts }) =>
    multiples.flatMap(multiple => choiceOf(1 / lattice.scale, multiple, sums, counts, count) ?? []),
  );
  return { ...known, choices: choices.sort((a, b) => b.bytes - a.bytes) };
}

/** The choice of `multiple` times the step of a lattice that was applied; none where every code would be zero's. */
function choiceOf(
  step: number,
  multiple: number,
  sums: SquaredError,
  counts: Float64Array,
  elements: number,
): MeasuredChoice | undefined {
  const coarse = new Uint32Array(CODES);
  let along = 0;
  counts.forEach((occurring, code) => {
    const q = code - ZERO_CODE;
    const k = Math.sign(q) * Math.floor(Math.abs(q) / multiple + 0.5);
    coarse[ZERO_CODE + k] = (coarse[ZERO_CODE + k] as number) + occurring;
    along += occurring * q * k * multiple * step * step;
  });
  const fine = projections({ sums, counts, step });
  const projected = {
    restored: squaresOf(coarse) * (multiple * step) ** 2,
    // What the values have beyond the fine lattice lies along all of it to the same share.
    cross: fine.restored > 0 ? (fine.cross / fine.restored) * along : 0,
  };
  // Without any code but that of zero nothing is restored, however small the error is.
  if (!(projected.cross > 0)) return undefined;
  const bytes = bytesFor(coarse, elements);
  return {
    coding: { codec: 'entropy', step: multiple * step, bytes },
    bytes,
    error: {
      unbiased: gainOf(sums.energy, projected, 'unbiased').error,
      nearest: gainOf(sums.energy, projected, 'nearest').error,
    },
  };
}

/** Payload bytes that are enough for codes of these counts: a multiple of 8, so that what follows is aligned. */
function bytesFor(counts: Uint32Array, elements: number): number {
  const frequencies = frequenciesOf(counts);
  return 8 * Math.ceil(enoughPayloadBytes(frequencies, codedBits(counts, frequencies), elements) / 8);
}
