/** Tensors that inputs lack, or have in another shape or dtype: found one by one, similar ones reported in one line. */
import type { MergeRecipe } from '../../../protocol/recipes.ts';
import type { Problem } from '../../../protocol/results.ts';
import { groupBy } from '../../../shared/groupBy.ts';
import { error, warning } from '../../../shared/problems.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { isQuantizable } from '../../../formats/dtype.ts';
import { listed, shapeText } from '../../../formats/listed.ts';
import type { InputTensor } from '../../tensors/inputTensor.ts';
import { dtypeOf, shapeOf } from '../../tensors/inputTensor.ts';

/** Why an input's tensor cannot be merged. */
export interface Misfit {
  readonly input: string;
  readonly tensor: string;
  /**
   * `tied`: a head that is the embedding, where the reference has one of its own; `rows`: longer or shorter, as
   * embeddings and classifiers are where tokens or labels were added.
   */
  readonly kind: 'lacks' | 'tied' | 'rows' | 'shape' | 'dtype';
  /** What it is there, and in the reference. */
  readonly is: string;
  readonly was: string;
}

/** @param tied whether it is a head that is the embedding there. @returns undefined where the tensor fits */
export function misfitOf(
  input: string,
  tensor: string,
  original: TensorSource,
  found: InputTensor | undefined,
  tied = false,
): Misfit | undefined {
  if (!found) return { input, tensor, kind: tied ? 'tied' : 'lacks', is: '', was: '' };
  const [shape, wanted] = [shapeOf(found), original.shape];
  if (shape.join() !== wanted.join()) {
    const rows = shape.length === wanted.length && shape.slice(1).join() === wanted.slice(1).join();
    return { input, tensor, kind: rows ? 'rows' : 'shape', is: shapeText(shape), was: shapeText(wanted) };
  }
  if (isQuantizable(dtypeOf(found))) return undefined;
  return { input, tensor, kind: 'dtype', is: dtypeOf(found), was: original.dtype };
}

type Outcome = MergeRecipe['onMismatch'];
type Tolerated = Exclude<Outcome, 'error'>;

const OUTCOMES: Readonly<Record<Tolerated, (reference: string) => string>> = {
  base: reference => `kept from ${reference}`,
  first: () => 'taken from the first input that has it',
  rows: reference => `cut, or filled up with what ${reference} has, to its size`,
  skip: () => 'left out',
};

/**
 * @param reference what the inputs are compared with, in words
 * @param outcome what becomes of all of them
 */
export function describeMisfits(misfits: readonly Misfit[], reference: string, outcome: Outcome): Problem[] {
  const groups = groupBy(misfits, ({ input, kind }) => `${input}\0${kind}`);
  return [...groups.values()].map(group => {
    const message = describe(group, reference);
    if (outcome === 'error') return error(message, { code: 'onMismatch', reference });
    return warning(`${message}; ${OUTCOMES[outcome](reference)}`);
  });
}

function describe(group: readonly Misfit[], reference: string): string {
  const { input, kind, is, was } = group[0] as Misfit;
  const what = listed(group.map(({ tensor }) => tensor));
  const example = `${group.length > 1 ? 'the first ' : ''}${is}, ${was} in ${reference}`;
  switch (kind) {
    case 'lacks':
      return `input "${input}" lacks ${what} of ${reference}`;
    case 'tied':
      return `input "${input}": its head (${what}) is its embedding, ${reference} has one of its own`;
    case 'rows':
      return `input "${input}": ${what} of a different length (${example}), as when tokens or labels were added`;
    case 'shape':
      return `input "${input}": ${what} of a different shape (${example})`;
    case 'dtype':
      return `input "${input}": ${what} of a different kind (${example}), floating point was expected`;
  }
}
