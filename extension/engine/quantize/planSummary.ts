/** What a plan says before a byte of a tensor is read. */
import { resolve } from 'node:path';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { PlanSummary, Problem } from '../../protocol/results.ts';
import { MIN_MEMORY, type MemoryShare } from '../scheduler/memoryShare.ts';
import { bitsPerWeight, countTensors } from '../../formats/tvq/summary.ts';
import type { Checkpoints } from './checks.ts';
import { fatesOf } from '../match/fates.ts';
import { fatesOfItems } from './fates.ts';
import { mostMemory } from '../scheduler/itemKind.ts';
import { quantizeKind } from './quantizeKind.ts';
import { scaleOf, type Planned, type PlannedSize } from './size.ts';

export function summarize(
  recipe: QuantizeRecipe,
  { base, tasks }: Checkpoints,
  planned: Planned,
  { bytes, known }: PlannedSize,
  share: MemoryShare,
  problems: readonly Problem[],
  chunk: number,
): PlanSummary {
  const { layout, items } = planned;
  const { weights, fp32Bytes } = scaleOf(planned);
  const largest = mostMemory(quantizeKind, items, chunk);
  return {
    output: resolve(recipe.output),
    bytes,
    sizeKnown: known,
    fp32Bytes,
    bitsPerWeight: bitsPerWeight(bytes, weights),
    readBytes: base.bytes + tasks.reduce((sum, task) => sum + task.bytes, 0),
    memory: MIN_MEMORY + share.threads * largest,
    tasks: recipe.tasks.map(({ name }) => name),
    tensors: countTensors(
      layout.vectors.filter(({ checkpoint }) => checkpoint !== undefined).flatMap(({ records }) => records),
    ),
    fates: fatesOf(fatesOfItems(recipe, base.tensors, items)),
    problems,
  };
}
