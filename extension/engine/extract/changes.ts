/** Which tensors of a fine-tuned model become factors of an adapter, and why the others do not. */
import { elementCount, isQuantizable, type Dtype } from '../../formats/dtype.ts';
import { isBuffer } from '../../formats/names/buffers.ts';
import { isHead } from '../../formats/names/tiedHead.ts';
import { modelDtypeOf, type TensorSource } from '../../formats/tensorSource.ts';
import type { ExtractRecipe } from '../../protocol/recipes.ts';
import { tensorOf, tensorsOf, type OpenInput } from '../merge/inputs/openInput.ts';
import { shapeOf } from '../tensors/inputTensor.ts';
import { formOf } from './form.ts';
import type { ExtractItem, FactorDtype } from './item.ts';

/** The highest rank that an energy may lead to unless one is given: as much as servers of adapters take. */
const MOST = 512;

/** Why a changed tensor is not in the adapter. */
export type Reason =
  | 'norms and biases'
  | 'tensors for which PEFT has no LoRA'
  | 'not asked for'
  | 'worth less than their bytes'
  | 'of another shape than in the base'
  | 'not in the base'
  | 'not in the fine-tuned model';

export interface Changes {
  /** In the order of the base. */
  readonly items: readonly ExtractItem[];
  /** By tensor, of items that only measure, and of tensors that cannot be subtracted. */
  readonly reasons: ReadonlyMap<string, Reason>;
}

/** What decides how the tensors of a base are changed. */
export interface BaseFacts {
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** Whether its linear layers are `Conv1D`. */
  readonly hasConv1d: boolean;
  /** Whether its output head is its embedding. */
  readonly isTied: boolean;
}

export function changesOf(
  recipe: ExtractRecipe,
  { tensors, hasConv1d, isTied }: BaseFacts,
  tuned: OpenInput,
): Changes {
  const items: ExtractItem[] = [];
  const reasons = new Map<string, Reason>();
  const [include, exclude] = [recipe.include, recipe.exclude].map(list => list.map(text => new RegExp(text)));
  const isAsked = (name: string): boolean =>
    (include?.length === 0 || !!include?.some(one => one.test(name))) &&
    !exclude?.some(one => one.test(name));
  // Its change is the embedding's.
  const isTiedHead = (name: string): boolean => isTied && isHead(name);
  for (const [tensor, source] of tensors) {
    const { shape, dtype } = source;
    if (isTiedHead(tensor) || isBuffer(tensor, shape) || !isQuantizable(dtype) || elementCount(shape) === 0)
      continue;
    const input = tensorOf(tuned, tensor);
    if (!input) reasons.set(tensor, 'not in the fine-tuned model');
    else if (shapeOf(input).join() !== shape.join()) reasons.set(tensor, 'of another shape than in the base');
    else if (input.kind === 'checkpoint' || input.record.codec.codec !== 'same') {
      const form = isAsked(tensor) ? formOf(tensor, shape, hasConv1d) : undefined;
      if (!form) reasons.set(tensor, isAsked(tensor) ? reasonFor(shape) : 'not asked for');
      items.push(itemOf(recipe, source, { tensor, shape, input, form }));
    }
  }
  for (const [tensor, { dtype, shape }] of tensorsOf(tuned))
    if (!tensors.has(tensor) && !isTiedHead(tensor) && isQuantizable(dtype) && !isBuffer(tensor, shape))
      reasons.set(tensor, 'not in the base');
  return { items, reasons };
}

const reasonFor = (shape: readonly number[]): Reason =>
  shape.length < 2 ? 'norms and biases' : 'tensors for which PEFT has no LoRA';

function itemOf(
  { rank, energy, dtype }: ExtractRecipe,
  base: TensorSource,
  found: Pick<ExtractItem, 'tensor' | 'shape' | 'input' | 'form'>,
): ExtractItem {
  const [rows = 1] = found.shape;
  const shorter = Math.min(rows, elementCount(found.shape) / rows);
  return {
    kind: 'extract',
    ...found,
    base,
    most: found.form ? Math.min(rank ?? MOST, shorter) : 0,
    energy,
    measured: false,
    dtype: dtype ?? factorDtype(modelDtypeOf(base)),
    resident: false,
  };
}

const factorDtype = (dtype: Dtype): FactorDtype => (dtype === 'F16' || dtype === 'BF16' ? dtype : 'F32');
