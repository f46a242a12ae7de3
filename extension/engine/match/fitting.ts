/** Fine-tuned models as their base has them: under its names; and of an adapter, the model that it makes of the base. */
import type { NameRule } from '../../protocol/recipes.ts';
import type { Problem } from '../../protocol/results.ts';
import { error, warning } from '../../shared/problems.ts';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { applyAdapter, type Applied } from '../../formats/lora/applyAdapter.ts';
import { alignNames } from '../../formats/names/alignNames.ts';
import { alignExperts } from '../../formats/names/experts.ts';
import { mapNames } from '../../formats/names/mapNames.ts';

/** Fits models to a base, and remembers which rules of a map have renamed something. */
export class Fitting {
  readonly #unused: Set<NameRule>;

  /** @param rules what the user says about names */
  constructor(
    private readonly base: Checkpoint,
    private readonly rules: readonly NameRule[] = [],
  ) {
    this.#unused = new Set(rules);
  }

  /** @param label how messages call the model */
  async fit(tuned: Checkpoint, label = tuned.path): Promise<Applied> {
    const mapped = mapNames(tuned, this.rules);
    for (const rule of mapped.used) this.#unused.delete(rule);
    const problems: Problem[] =
      mapped.change === undefined ? [] : [warning(`${label}: read by the map of names: ${mapped.change}`)];
    if (tuned.adapter) {
      const applied = await applyAdapter(mapped.checkpoint, this.base);
      return { ...applied, problems: [...problems, ...applied.problems] };
    }
    const experts = alignExperts(mapped.checkpoint, this.base.tensors);
    if (experts.change !== undefined) problems.push(warning(`${label}: ${experts.change}`));
    const { checkpoint, change } = alignNames(experts.checkpoint, this.base.tensors);
    if (change !== undefined) problems.push(warning(`${label}: its tensors are read ${change}`));
    return { checkpoint, problems };
  }

  /** Once all models are fitted: a rule that has renamed nothing is a mistake. */
  unused(): Problem[] {
    return [...this.#unused].map(({ from }) =>
      error(
        `the map's pattern "${from}" is in no name of a fine-tuned checkpoint's tensor; correct it or leave it out`,
      ),
    );
  }
}
