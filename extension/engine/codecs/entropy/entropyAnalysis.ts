/**
 * What each choice of step would cost a tensor, measured: its bytes and the squared error they leave.
 *
 * Only a few lattices are actually applied. The code counts of a lattice of step δ give those of step m·δ exactly for
 * every odd m, because its cells are unions of m cells; the error follows from the counts and δ's own error, as the
 * values' distribution within a cell is almost uniform at the steps that matter.
 */
import { CODES } from '../../../../kernels/codes.ts';
import { codedBits, frequenciesOf } from '../../../../kernels/entropy.ts';
import { enoughPayloadBytes } from '../../../../kernels/payload.ts';
import type { SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import type { ItemContext } from '../../scheduler/item.ts';
import { spansOf } from '../../tensors/tensorInput.ts';
import type { EncoderMemory } from '../codec.ts';
import { gainOf } from '../gain.ts';
import type { MeasuredChoice, MeasuredChoices, MeasuredTensor, Offer } from '../measured.ts';
import { eachChunk, rangeOf, type Values } from '../values.ts';
import { addCounts, latticeOf, projections, squaresOf, ZERO_CODE, type EntropyCoding } from './lattice.ts';

/** A lattice that is applied, and the multiples of its step that are taken of it. */
interface Lattice {
  readonly step: number;
  readonly multiples: readonly number[];
}

/** Lattices for values of a root mean square. */
type Lattices = (rms: number) => readonly Lattice[];

const inUnitsOf =
  (lattices: readonly Lattice[]): Lattices =>
  rms =>
    lattices.map(({ step, multiples }) => ({ step: step * rms, multiples }));

/** For a tensor of a task vector. */
const ALL = inUnitsOf([
  { step: 1 / 16, multiples: [1] },
  { step: 1 / 8, multiples: [1, 3, 5, 7] },
  { step: 2 ** -1.5, multiples: [1, 3, 5, 7, 9, 11] },
  { step: 1 / 2, multiples: [1, 3, 5, 7, 9, 11] },
  { step: 1 / 4, multiples: [1, 3, 5, 7, 9, 11, 13, 15] },
]);

/** For an offset, which is measured once for each choice of the shared vector. */
const GIVEN = inUnitsOf([
  { step: 1 / 8, multiples: [1, 3, 5, 7] },
  { step: 1 / 4, multiples: [1, 3, 5, 7, 9, 11, 13, 15] },
]);

function latticesOf(offer: Offer): Lattices {
  if (offer === 'all') return ALL;
  return offer === 'given' ? GIVEN : () => offer.map(step => ({ step, multiples: [1] }));
}

/** Measures a tensor; two passes over its values. */
export async function measureLattices(
  context: ItemContext,
  memory: EncoderMemory,
  { output, count, resident }: MeasuredTensor,
  values: Values,
  { offer }: { readonly offer: Offer },
): Promise<MeasuredChoices<EntropyCoding>> {
  const { backend } = context;
  const { extent, energy } = await rangeOf(context, memory.x, { count, resident }, values);
  const known = { output, elements: count, energy: values.energy ?? energy, ...extent };
  const rms = Math.sqrt(energy / count);
  if (!extent.finite || extent.min === extent.max || !(rms > 2 ** -100)) return { ...known, choices: [] };

  const applied = latticesOf(offer)(rms).map(({ step, multiples }) => ({
    lattice: latticeOf(step),
    multiples,
    sums: { error: 0, energy: 0 },
    counts: new Float64Array(CODES),
  }));
  for (const span of spansOf(count, resident)) {
    await eachChunk(context, span, values, async chunk => {
      await values.chunk(chunk, memory.x);
      await backend.rotate4(memory.x, span.first + chunk.first, chunk.count);
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

/** The choice of `multiple` times the step of a lattice that was applied; undefined if every code would be zero's. */
export function choiceOf(
  step: number,
  multiple: number,
  sums: SquaredError,
  counts: ArrayLike<number>,
  elements: number,
): MeasuredChoice<EntropyCoding> | undefined {
  const coarse = new Uint32Array(CODES);
  let along = 0;
  for (let code = 0; code < CODES; code++) {
    const occurring = counts[code] as number;
    const q = code - ZERO_CODE;
    const k = Math.sign(q) * Math.floor(Math.abs(q) / multiple + 0.5);
    coarse[ZERO_CODE + k] = (coarse[ZERO_CODE + k] as number) + occurring;
    along += occurring * q * k * multiple * step * step;
  }
  const fine = projections({ sums, counts, step });
  const projected = {
    restored: squaresOf(coarse) * (multiple * step) ** 2,
    // The coarse lattice is assumed to capture the same share of the values along it as the fine one.
    cross: fine.restored > 0 ? (fine.cross / fine.restored) * along : 0,
  };
  // If all codes are zero's, nothing is restored, however small the error is.
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
