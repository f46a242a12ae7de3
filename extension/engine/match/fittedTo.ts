/** A fine-tuned model as its base has it: under the base's names; and of an adapter, the model that it makes of the base. */
import type { Problem } from '../../protocol/results.ts';
import { warning } from '../../shared/problems.ts';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { applyAdapter, type Applied } from '../../formats/lora/applyAdapter.ts';
import { alignNames } from '../../formats/names/alignNames.ts';

/** @param label how messages call it */
export async function fittedTo(base: Checkpoint, tuned: Checkpoint, label = tuned.path): Promise<Applied> {
  if (tuned.adapter) return applyAdapter(tuned, base);
  const { checkpoint, change } = alignNames(tuned, base.tensors);
  const problems: Problem[] =
    change === undefined ? [] : [warning(`${label}: its tensors are read ${change}`)];
  return { checkpoint, problems };
}
