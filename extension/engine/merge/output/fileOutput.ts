import type { MergeRecipe } from '../../../protocol/recipes.ts';
import type { Problem } from '../../../protocol/results.ts';
import { error, warning } from '../../../shared/problems.ts';
import { SHARD_BYTES } from '../../../shared/shardBytes.ts';

/** The parts of a recipe that do not fit one .safetensors file as the output. @param several one model per input */
export function checkFileOutput({ output, resume, shardBytes }: MergeRecipe, several: boolean): Problem[] {
  const problems: Problem[] = [];
  if (several) problems.push(error(`${output}: a model is written for each input; name a folder for them`));
  if (resume)
    problems.push(warning(`${output}: to resume has no effect; a single file is written from the beginning`));
  if (shardBytes !== SHARD_BYTES)
    problems.push(
      warning(`${output}: the size of weight files has no effect; name a folder to have several`),
    );
  return problems;
}
