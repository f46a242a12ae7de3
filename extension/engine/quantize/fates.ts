/** What happens to each tensor of a quantize run, and why. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { Problem } from '../../protocol/results.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { isQuantizable } from '../../formats/dtype.ts';
import { formatBytes } from '../../shared/format.ts';
import { warning } from '../../shared/problems.ts';
import { isBuffer, LARGE_INTEGERS } from '../../formats/names/buffers.ts';
import type { Fated } from '../match/fates.ts';
import { listed } from '../../formats/listed.ts';
import type { QuantizeItem, TaskTensor } from './item.ts';

const INTEGERS = 'integers';

/** @param inBase the base's tensor of that name, even if its values are not used (fq) */
export function fatesOfItems(
  recipe: QuantizeRecipe,
  inBase: ReadonlyMap<string, TensorSource>,
  items: readonly QuantizeItem[],
): Fated[] {
  return items.flatMap(({ tensor, tasks }) => {
    const original = inBase.get(tensor);
    return tasks.map((task): Fated => {
      const shape = (task.source ?? original)?.shape ?? [];
      return { tensor, shape, ...fateOf(recipe, task, original) };
    });
  });
}

function fateOf(
  { keep, keepRule, scheme }: QuantizeRecipe,
  { source, coding }: TaskTensor,
  original: TensorSource | undefined,
): Pick<Fated, 'fate' | 'why'> {
  if (!source) return { fate: 'left out', why: 'not in the fine-tuned checkpoint' };
  const kept = (why: string) => ({ fate: 'kept', why }) as const;
  if (coding?.codec === 'factors') return kept('factors of an adapter');
  if (coding) return { fate: 'quantized', why: 'floats' };
  if (!isQuantizable(source.dtype)) return kept(INTEGERS);
  if (source.bytes === 0) return kept('empty');
  if (keep.some(pattern => new RegExp(pattern).test(source.name))) return kept('named by "keep"');
  if (scheme !== 'fq' && !original) return kept('not in the base');
  if (scheme !== 'fq' && original?.shape.join() !== source.shape.join())
    return kept('of a different shape than in the base');
  return kept(keepRule === 'published' ? 'as in the published code' : 'norms and biases');
}

/** More integers than counts and positions deserve a note: they are stored unchanged. */
export function largeIntegers(items: readonly QuantizeItem[]): Problem[] {
  const sources = items.flatMap(({ tasks }) => tasks.flatMap(({ source }) => source ?? []));
  const large = sources.filter(
    ({ name, dtype, shape, bytes }) =>
      !isQuantizable(dtype) && bytes > LARGE_INTEGERS && !isBuffer(name, shape),
  );
  if (large.length === 0) return [];
  const bytes = large.reduce((sum, source) => sum + source.bytes, 0);
  const names = [...new Set(large.map(({ name }) => name))];
  return [warning(`${listed(names)} of integers, stored exactly: ${formatBytes(bytes)}`)];
}
