import { dirname } from 'node:path';
import { isInside } from '../files/isInside.ts';

/** Deepest folder that holds all `paths`. */
export function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? '');
  while (!paths.every(path => isInside(path, folder)) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
