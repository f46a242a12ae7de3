/** Finds weight files and .tvq files by their names: nothing is opened. Only files on this machine's disks count. */
import { basename } from 'node:path';
import { workspace, type Uri } from 'vscode';
import { walkFiles, type Walk } from '../formats/walk.ts';
import { isWeightName } from '../formats/huggingface/weightNames.ts';
import { isTvq } from '../formats/tvq/names.ts';
import { globMatcher } from '../shared/glob.ts';

/** Files that our own commands are still writing, or left behind when killed. */
const UNFINISHED = /\.tvq-(tmp|partial)$/;

/** Searches all folders of the workspace, except what `files.exclude` excludes. */
export async function findWorkspaceFiles(): Promise<Walk> {
  const roots = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const walks = await Promise.all(
    roots.map(({ uri }) => {
      const isExcluded = excluded(uri);
      return walkFiles(uri.fsPath, {
        wanted: name => isWeightName(name) || isTvq(name),
        excluded: path => UNFINISHED.test(path) || isExcluded(path),
      });
    }),
  );
  return {
    files: [...new Set(walks.flatMap(({ files }) => files))].sort(),
    links: walks.flatMap(({ links }) => links),
    stops: walks.flatMap(({ stops }) => stops),
  };
}

function excluded(root: Uri): (path: string) => boolean {
  const setting = workspace.getConfiguration('files', root).get<Record<string, unknown>>('exclude') ?? {};
  const on = Object.entries(setting).filter(([, value]) => value === true);
  const matchers = on.map(([pattern]) => globMatcher(pattern));
  return path => matchers.some(matches => matches(path));
}

/** Paths of weight files under a folder the user chose, excluded ones too. */
export const findWeightFiles = (folder: Uri): Promise<string[]> => findUnder(folder, isWeightName);

/** Paths of .tvq files under a folder the user chose, excluded ones too. */
export const findTvqFiles = (folder: Uri): Promise<string[]> => findUnder(folder, isTvq);

async function findUnder(folder: Uri, wanted: (name: string) => boolean): Promise<string[]> {
  const { files } = await walkFiles(folder.fsPath, {
    wanted,
    excluded: path => UNFINISHED.test(basename(path)),
  });
  return files;
}
