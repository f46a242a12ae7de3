/** The model whose config, tokenizer and metadata a merged one has: the base, or the input that its tensors were taken from. */
import type { Checkpoint } from '../../../formats/checkpoint.ts';
import type { WeightsMetadata } from '../../../formats/safetensors/weightsMetadata.ts';
import { restoredMetadata, writeTaskFiles } from '../../restore/files.ts';
import { checkpointFiles, taskFiles, type ModelFiles } from '../../output/modelFiles.ts';
import { tensorsOf, type OpenInput } from './openInput.ts';
import { copyCompanions, type Companions } from '../output/copyCompanions.ts';
import type { ConfigSettings } from '../output/configFit.ts';
import type { UnplacedTensor } from '../output/shards.ts';

/** @param taken the input that tensors were taken from which do not fit the base */
export function donorOf(
  taken: OpenInput | undefined,
  base: Checkpoint | undefined,
  [first]: readonly OpenInput[],
): OpenInput | undefined {
  return taken ?? (base ? { kind: 'checkpoint', name: 'base', checkpoint: base } : first);
}

/** What the header of its weight file says. @param base which a task may have it from */
export async function donorMetadata(
  donor: OpenInput | undefined,
  base: Checkpoint | undefined,
): Promise<WeightsMetadata> {
  if (donor?.kind === 'tvq') return restoredMetadata(donor.file, donor.task, base);
  return donor?.checkpoint.metadata ?? {};
}

/** Its config, tokenizer and the like. @param base which a task may have some from */
export function donorFiles(donor: OpenInput | undefined, base: Checkpoint | undefined): ModelFiles {
  if (donor?.kind === 'tvq') return taskFiles(donor.file, donor.task, base);
  return checkpointFiles(donor?.checkpoint ?? { path: 'the model', folder: undefined });
}

/** Writes its config, tokenizer and the like beside merged weights. @param base which a task may have some from */
export async function writeDonorFiles(
  donor: OpenInput | undefined,
  base: Checkpoint | undefined,
  folder: string,
  merged: { readonly tensors: readonly UnplacedTensor[]; readonly settings: ConfigSettings },
): Promise<Companions> {
  const weights = { ...merged, donor: donor && tensorsOf(donor) };
  if (donor?.kind === 'tvq') return writeTaskFiles({ ...donor, base }, folder, weights);
  const from = donor?.checkpoint.folder;
  return from === undefined ? { files: [], warnings: [] } : copyCompanions(from, folder, weights);
}
