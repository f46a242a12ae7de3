/** Which paths a language model may name. No `vscode` here: tests run it as it is. */
import { isAbsolute, resolve, sep } from 'node:path';
import { isInside } from '../paths.ts';

/** A folder of the workspace. */
export interface Folder {
  readonly name: string;
  readonly path: string;
}

/**
 * The absolute path of what a tool was asked for. A relative one starts at the workspace's folder or, where there are
 * several, with a folder's name, as VS Code shows paths. Links are followed: what is linked into the workspace belongs
 * to it. Throws when the path leads out of the workspace.
 */
export function workspacePath(path: string, folders: readonly Folder[]): string {
  const absolute = isAbsolute(path) ? resolve(path) : resolveRelative(path, folders);
  if (absolute !== undefined && folders.some(folder => isInside(absolute, folder.path))) return absolute;
  const where = folders.map(folder => folder.path).join(', ');
  throw new Error(
    where === ''
      ? `${path}: no folder is open; open the folder that holds the models`
      : `${path}: is not in the workspace; name a path in ${where}`,
  );
}

function resolveRelative(path: string, folders: readonly Folder[]): string | undefined {
  const [only] = folders.length === 1 ? folders : [];
  if (only) return resolve(only.path, path);
  const [name, ...rest] = path.split(/[\\/]/);
  const folder = folders.find(one => one.name === name);
  return folder && resolve(folder.path, rest.join(sep));
}
