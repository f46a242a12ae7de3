/** Which paths a language model may name. No `vscode` here, so that tests can run it. */
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { isInside } from '../../files/isInside.ts';

/** A folder of the workspace. */
export interface Folder {
  readonly name: string;
  readonly path: string;
}

/**
 * The real path of a tool's input, with links resolved, so that what is shown, confirmed and used is the same place. A
 * relative path starts at the workspace's folder or, if there are several, with a folder's name, as VS Code shows
 * paths. Throws if it leads out of the workspace, directly or by a link.
 */
export function workspacePath(path: string, folders: readonly Folder[]): string {
  const absolute = isAbsolute(path) ? resolve(path) : resolveRelative(path, folders);
  const real = absolute === undefined ? undefined : realPlace(absolute);
  if (real !== undefined && folders.some(folder => isInside(real, realPlace(folder.path)))) return real;
  const where = folders.map(folder => folder.path).join(', ');
  if (where === '') throw new Error(`${path}: no folder is open; open the folder that holds the models`);
  const leads = real === absolute ? '' : `leads to ${real}, which `;
  throw new Error(`${path}: ${leads}is not in the workspace; name a path in ${where}`);
}

/** Where a path leads; the part that does not exist yet is kept as it is, and so are dangling links. */
function realPlace(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPlace(parent), basename(path));
  }
}

function resolveRelative(path: string, folders: readonly Folder[]): string | undefined {
  const [only] = folders.length === 1 ? folders : [];
  if (only) return resolve(only.path, path);
  const [name, ...rest] = path.split(/[\\/]/);
  const folder = folders.find(one => one.name === name);
  return folder && resolve(folder.path, rest.join(sep));
}
