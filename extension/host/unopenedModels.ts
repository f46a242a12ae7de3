/**
 * Models described by the names and sizes of their files alone: all that is shown of an untrusted workspace. No
 * `vscode` here, so that tests can run it.
 */
import { basename, dirname } from 'node:path';
import { isStandardStem, isTelling, parseWeightName } from '../formats/huggingface/weightNames.ts';
import { groupBy } from '../shared/groupBy.ts';

/** A file and its size, unopened. */
export interface SizedFile {
  readonly path: string;
  readonly bytes: number;
}

/** A model, as far as names tell: the folder of weights with the usual names, else a file or its first shard. */
export interface UnopenedModel extends SizedFile {
  readonly files: number;
}

/** Sorted by path. Indexes are not weights, and say nothing without being read; nor do names that other files have too. */
export function unopenedModels(files: readonly SizedFile[]): UnopenedModel[] {
  const named = files.flatMap(file => {
    const said = parseWeightName(basename(file.path));
    return said && said.kind !== 'index' && isTelling(said) ? [{ ...file, said }] : [];
  });
  const models = groupBy(named, ({ path, said }) =>
    isStandardStem(said.stem) ? dirname(path) : `${dirname(path)}\0${said.set}`,
  );
  return [...models.values()]
    .map(parts => {
      const sorted = parts.sort((a, b) => (a.path < b.path ? -1 : 1));
      const [{ path, said }] = sorted as [(typeof parts)[number]];
      const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
      return { path: isStandardStem(said.stem) ? dirname(path) : path, bytes, files: parts.length };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
