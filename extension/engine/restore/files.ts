/** The files of a restored task: its own config, tokenizer and metadata, or the base's if it has none. */
import { basename, join } from 'node:path';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { isObject, parsePythonJson } from '../../formats/json/jsonText.ts';
import { changedWeights, type WeightsMetadata } from '../../formats/safetensors/weightsMetadata.ts';
import { companionKind, isCompanion } from '../../formats/huggingface/companionNames.ts';
import { companionsOf, MAX_COMPANION_BYTES } from '../../formats/huggingface/companions.ts';
import { writeCompanion, type Companions } from '../merge/output/copyCompanions.ts';
import { readCompanion } from '../../formats/huggingface/companionPlace.ts';
import type { DescribedWeights } from '../merge/output/configFit.ts';
import type { WrittenFile } from '../merge/output/writtenFile.ts';
import { digestOf, METADATA_FILE, readStoredFile } from '../../formats/tvq/files.ts';
import type { TvqFile } from '../../formats/tvq/reader.ts';
import { fileOfTask } from './taskConfig.ts';

/** Metadata of the fine-tuned weight file; only that it is for PyTorch if the file has none. */
export async function restoredMetadata(
  file: TvqFile,
  task: string,
  base: Checkpoint | undefined,
): Promise<WeightsMetadata> {
  const listed = fileOfTask(file, task, METADATA_FILE);
  if (listed?.from === 'base') return changedWeights(base?.metadata ?? {});
  if (listed?.from !== 'file') return changedWeights({});
  const said = parsePythonJson((await readStoredFile(file.path, listed)).toString());
  const texts = Object.entries(isObject(said) ? said : {}).filter(([, value]) => typeof value === 'string');
  return changedWeights(Object.fromEntries(texts) as WeightsMetadata);
}

/** A task of a .tvq file, and the base, whose files it uses if they are the same, or if it has none. */
export interface TaskFiles {
  readonly file: TvqFile;
  readonly task: string;
  readonly base: Checkpoint | undefined;
}

/**
 * Writes a task's files into the folder of its weights, or of those merged from them. What could not be restored is
 * reported, one sentence each.
 * @throws UserError when a stored file is damaged
 */
export async function writeTaskFiles(
  { file: tvq, task, base }: TaskFiles,
  folder: string,
  weights: DescribedWeights,
): Promise<Companions> {
  const files: WrittenFile[] = [];
  const warnings: string[] = [];
  const ofBase = base?.folder === undefined ? undefined : await companionsOf(base.folder);
  const write = async (name: string, source: string, content: Uint8Array, described = weights) => {
    const { file, notes } = await writeCompanion(folder, { name, content }, described);
    files.push(file);
    warnings.push(...notes.map(note => `${source}: ${note}`));
  };
  const own = tvq.files.filter(({ name, tasks }) => tasks.includes(task) && name !== METADATA_FILE);
  for (const listed of own) {
    const { name, from } = listed;
    const missing = `${tvq.path}: "${name}" of task "${task}"`;
    if (!isCompanion(name)) warnings.push(`${missing} is not a file that belongs to a model; not written`);
    else if (from === 'none')
      warnings.push(`${missing} was too large to be stored; copy it from the fine-tuned checkpoint`);
    else if (from === 'file')
      await write(name, `${basename(tvq.path)}, ${name}`, await readStoredFile(tvq.path, listed));
    else if (!base || !ofBase?.names.includes(name))
      warnings.push(
        `${missing} comes from the base model "${tvq.base.name}" and is missing here; copy it from there`,
      );
    else {
      const source = join(base.path, name);
      const content = await readCompanion(base.path, name, MAX_COMPANION_BYTES);
      if (digestOf(content) !== listed.digest)
        warnings.push(`${source}: not the file that task "${task}" was stored with; written as it is now`);
      await write(name, source, content);
    }
  }
  // A trainer's checkpoint often comes without tokenizer, a file of version 1 or of standalone weights without any.
  const kinds = new Set(own.map(({ name }) => companionKind(name)));
  const fills = (name: string) =>
    own.length === 0 || (FILLED.has(companionKind(name)) && !kinds.has(companionKind(name)));
  for (const name of ofBase && base ? ofBase.names.filter(fills) : []) {
    const { path, tensors } = base as NonNullable<typeof base>;
    const content = await readCompanion(path, name, MAX_COMPANION_BYTES);
    await write(name, join(path, name), content, { ...weights, donor: tensors });
  }
  if (own.length === 0) warnings.push(...(ofBase?.warnings ?? []));
  return { files, warnings };
}

/** Kinds of files that a task without any takes from the base. */
const FILLED: ReadonlySet<string> = new Set(['config', 'tokenizer', 'processor', 'legal']);
