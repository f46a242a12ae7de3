import { isQuantizable } from '../../formats/dtype.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { statisticOf } from '../../formats/names/runningStatistics.ts';

/** Whether a tensor is stored exactly instead of quantized. */
export type KeepRule = (tensor: TensorSource) => boolean;

/** `vectors`: one-dimensional tensors (norms, biases) are a percent of the weights and sensitive to every error. */
const keepVectors: KeepRule = ({ shape }) => shape.length < 2;

/** `published`: the rule of the published code (src/quantize_task_vector.py), made for OpenCLIP's names. */
const keepAsPublished: KeepRule = ({ name }) =>
  !name.includes('weight') || name.includes('ln_') || name.includes('token_embedding.weight');

/** The rule of a recipe; running statistics, tensors that are not floating point, and empty ones, are always kept. */
export function keepRule(recipe: Pick<QuantizeRecipe, 'keepRule' | 'keep'>): KeepRule {
  const exact = exactRule(recipe);
  const rule = recipe.keepRule === 'published' ? keepAsPublished : keepVectors;
  return tensor => exact(tensor) || statisticOf(tensor.name) !== undefined || rule(tensor);
}

/** Tensors that stay exact under a budget too: named ones, counts of batches, those that are not floating point, empty
 * ones. */
export function exactRule({ keep }: Pick<QuantizeRecipe, 'keep'>): KeepRule {
  const patterns = keep.map(pattern => new RegExp(pattern));
  return tensor =>
    !isQuantizable(tensor.dtype) ||
    tensor.bytes === 0 ||
    statisticOf(tensor.name) === 'count' ||
    patterns.some(pattern => pattern.test(tensor.name));
}
