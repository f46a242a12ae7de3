/** What an input of a merge says about itself: a checkpoint by its folder, a task by the files stored with it. */
import { describedCheckpoint } from '../../../formats/huggingface/configDifferences.ts';
import type { DescribedModel } from '../../../formats/huggingface/configFacts.ts';
import { restoredMetadata } from '../../restore/files.ts';
import { storedConfig } from '../../restore/taskConfig.ts';
import type { OpenInput } from './openInput.ts';

export function describedInput(input: OpenInput): DescribedModel {
  const label = `input "${input.name}"`;
  if (input.kind === 'checkpoint') return describedCheckpoint(label, input.checkpoint);
  const { file, task } = input;
  return {
    label,
    // Files listed as the base's own do not differ from it.
    config: name => storedConfig(file, task, name),
    metadata: () => restoredMetadata(file, task, undefined),
  };
}
