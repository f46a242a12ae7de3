/** The small files that describe a model, wherever they are: beside a checkpoint's weights, or in a .tvq file. */
import { join } from 'node:path';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { parseConfig, type Config } from '../../formats/huggingface/configFile.ts';
import { companionKind } from '../../formats/huggingface/companionNames.ts';
import { readCompanion } from '../../formats/huggingface/companionPlace.ts';
import { MAX_COMPANION_BYTES } from '../../formats/huggingface/companions.ts';
import { METADATA_FILE, readStoredFile } from '../../formats/tvq/files.ts';
import type { TvqFile } from '../../formats/tvq/reader.ts';
import { exists } from '../../files/exists.ts';

export interface ModelFiles {
  /** Where they are, for messages. */
  readonly path: string;
  /** A file's content; undefined: there is none of that name. */
  read(name: string): Promise<Uint8Array | undefined>;
}

/** Beside a checkpoint's weights; a standalone file has none. */
export const checkpointFiles = ({ path, folder }: Pick<Checkpoint, 'path' | 'folder'>): ModelFiles => ({
  path,
  read: async name =>
    folder !== undefined && (await exists(join(folder, name)))
      ? readCompanion(folder, name, MAX_COMPANION_BYTES)
      : undefined,
});

/** Of a task: its own, or the base's where they are the same, or where it has none of that kind. */
export function taskFiles(file: TvqFile, task: string, base: Checkpoint | undefined): ModelFiles {
  const ofBase = base && checkpointFiles(base);
  const own = file.files.filter(({ name, tasks }) => name !== METADATA_FILE && tasks.includes(task));
  const kinds = new Set(own.map(({ name }) => companionKind(name)));
  return {
    path: file.path,
    read: async name => {
      const listed = own.find(one => one.name === name);
      if (listed?.from === 'file') return readStoredFile(file.path, listed);
      return listed?.from === 'base' || !kinds.has(companionKind(name)) ? ofBase?.read(name) : undefined;
    },
  };
}

/** What config.json says; undefined where there is none that can be read. */
export async function configOf(files: ModelFiles): Promise<Config | undefined> {
  const content = await files.read('config.json');
  return content && parseConfig(Buffer.from(content).toString());
}
