/** What a task's config says, if a .tvq file carries it. */
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { parseConfig, type Config } from '../../formats/huggingface/configFile.ts';
import { modelConfigOf, readModelConfig, type ModelConfig } from '../match/modelConfig.ts';
import { readStoredFile, type TvqStoredFile } from '../../formats/tvq/files.ts';
import type { TvqFile } from '../../formats/tvq/reader.ts';

export const fileOfTask = ({ files }: TvqFile, task: string, name: string): TvqStoredFile | undefined =>
  files.find(one => one.name === name && one.tasks.includes(task));

/** A small JSON file that is stored of a task; undefined where there is none, or the base's is the same. */
export async function storedConfig(file: TvqFile, task: string, name: string): Promise<Config | undefined> {
  const listed = fileOfTask(file, task, name);
  return listed?.stored && parseConfig((await readStoredFile(file.path, listed)).toString());
}

/** The facts of a task's own config, which may be the base's. */
export async function taskModelConfig(
  file: TvqFile,
  task: string,
  base: Checkpoint | undefined,
): Promise<ModelConfig> {
  const ofBase = fileOfTask(file, task, 'config.json')?.from === 'base' ? base : undefined;
  return ofBase ? readModelConfig(ofBase) : modelConfigOf(await storedConfig(file, task, 'config.json'));
}
