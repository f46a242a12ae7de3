/**
 * Folders that programs fill for themselves: packages, environments, caches, what a build leaves. Weights in them are
 * parts of those programs, and not proposed; who names them gets them. A folder that is only called `build`, `dist` or
 * `output` may well be where somebody keeps models, so it takes a mark of its tool in it. No `vscode` here.
 */
import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isInside } from './paths.ts';

const NAMES: ReadonlySet<string> = new Set([
  ...['node_modules', 'bower_components', 'site-packages', 'dist-packages', '__pypackages__'],
  ...['.venv', '.virtualenv', '.tox', '.nox', '.eggs', '.git', '.hg', '.svn', '.gradle', '.npm', '.yarn'],
  ...['.cache', '__pycache__', '.ipynb_checkpoints', '.pytest_cache', '.mypy_cache', '.ruff_cache'],
  ...['$RECYCLE.BIN', '.Trash', '.Trashes'],
]);

/** What a tool leaves at the top of its folder: venv and virtualenv, conda, whoever keeps a cache, CMake. */
const MARKS = ['pyvenv.cfg', 'conda-meta', 'CACHEDIR.TAG', 'CMakeCache.txt'];

/** What setuptools builds. */
const BUILT = /[\\/]build[\\/](lib|bdist|temp)(\.[^\\/]*)?$/;

/** A model that was downloaded is one, wherever the Hub's cache lies. */
const SNAPSHOT = /[\\/]models--[^\\/]+[\\/]snapshots[\\/]/;

/** The files that are not in such a folder below their root; a root that is one was opened on purpose. */
export async function outsideToolFolders(
  files: readonly string[],
  roots: readonly string[],
): Promise<string[]> {
  const known = new Map<string, Promise<boolean>>();
  const isOfTool = (folder: string, root: string): Promise<boolean> => {
    if (folder === root || !isInside(folder, root)) return Promise.resolve(false);
    let answer = known.get(folder);
    if (answer === undefined) {
      answer = looksOfTool(folder).then(it => it || isOfTool(dirname(folder), root));
      known.set(folder, answer);
    }
    return answer;
  };
  const answers = await Promise.all(
    files.map(async file => {
      if (SNAPSHOT.test(file)) return false;
      const [root] = roots.filter(one => isInside(file, one)).sort((a, b) => b.length - a.length);
      return root !== undefined && isOfTool(dirname(file), root);
    }),
  );
  return files.filter((_, i) => answers[i] !== true);
}

async function looksOfTool(folder: string): Promise<boolean> {
  if (NAMES.has(basename(folder)) || BUILT.test(folder)) return true;
  const marks = MARKS.map(mark =>
    access(join(folder, mark)).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(marks)).includes(true);
}
