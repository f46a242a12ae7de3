/** Which tensors of an adapter are stored as its factors rather than as codes of what they add. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { elementCount } from '../../formats/dtype.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { factorsOf } from '../codecs/factors/factors.ts';
import { codecOf } from '../codecs/registry.ts';
import type { TaskTensor } from './item.ts';

/**
 * A rule that replaces a tensor's coding by its factors where those are exact and take no more bytes. A coding that a
 * budget has yet to choose is left open: the factors are one of its choices.
 * @param base the tensor in the base
 */
export function factorRule(
  { scheme, prune = 0 }: QuantizeRecipe,
  base: TensorSource | undefined,
): (task: TaskTensor) => TaskTensor {
  return task => {
    const { source, coding, open } = task;
    if (!source || open || scheme === 'fq' || prune > 0) return task;
    const factors = factorsOf(source, base);
    const bytes = coding ? codecOf(coding).bytes(coding, elementCount(source.shape)) : source.bytes;
    return factors && factors.bytes <= bytes ? { ...task, coding: factors } : task;
  };
}
