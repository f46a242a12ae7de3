/**
 * Folders that programs fill for themselves: packages, environments, caches, build outputs. Weights in them belong to
 * those programs and are not proposed, but can be named. A folder merely called `build`, `dist` or `output` may well be
 * where someone keeps models, so it must also contain a mark of its tool. No `vscode` here.
 */
import { basename, dirname, join } from 'node:path';
import { exists } from '../files/exists.ts';
import { inParallel } from '../shared/parallel.ts';
import { isInside } from '../files/isInside.ts';

const NAMES: ReadonlySet<string> = new Set([
  ...['node_modules', 'bower_components', 'site-packages', 'dist-packages', '__pypackages__'],
  ...['.venv', '.virtualenv', '.tox', '.nox', '.eggs', '.git', '.hg', '.svn', '.gradle', '.npm', '.yarn'],
  ...['.cache', '__pycache__', '.ipynb_checkpoints', '.pytest_cache', '.mypy_cache', '.ruff_cache'],
  ...['$RECYCLE.BIN', '.Trash', '.Trashes'],
]);

/** What a tool leaves at the top of its folder: venv and virtualenv, conda, caches in general, CMake. */
const MARKS = ['pyvenv.cfg', 'conda-meta', 'CACHEDIR.TAG', 'CMakeCache.txt'];

/** Folders that setuptools builds. */
const BUILT = /[\\/]build[\\/](lib|bdist|temp)(\.[^\\/]*)?$/;

/** A downloaded model counts as one, wherever the Hub's cache is. */
const SNAPSHOT = /[\\/]models--[^\\/]+[\\/]snapshots[\\/]/;

/** Folders checked at once: a workspace may have thousands. */
const CONCURRENCY = 16;

/** The files that are not in such a folder below their root; a root that is one itself was opened on purpose. */
export async function outsideToolFolders(
  files: readonly string[],
  roots: readonly string[],
): Promise<string[]> {
  const between = new Map(files.map(file => [file, SNAPSHOT.test(file) ? [] : foldersBelow(file, roots)]));
  const ofTools = new Set<string>();
  await inParallel(new Set([...between.values()].flat()), CONCURRENCY, async folder => {
    if (await isOfTool(folder)) ofTools.add(folder);
  });
  return files.filter(file => !between.get(file)?.some(folder => ofTools.has(folder)));
}

/** Every folder between the nearest root, excluded, and the file. */
function foldersBelow(file: string, roots: readonly string[]): string[] {
  const [root] = roots.filter(one => isInside(file, one)).sort((a, b) => b.length - a.length);
  const folders: string[] = [];
  if (root === undefined) return folders;
  for (let folder = dirname(file); folder !== root && isInside(folder, root); folder = dirname(folder))
    folders.push(folder);
  return folders;
}

async function isOfTool(folder: string): Promise<boolean> {
  if (NAMES.has(basename(folder)) || BUILT.test(folder)) return true;
  for (const mark of MARKS) if (await exists(join(folder, mark))) return true;
  return false;
}
