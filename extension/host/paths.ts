import { dirname, isAbsolute, relative } from 'node:path';

/** Deepest folder that holds all `paths`. */
export function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? '');
  while (!paths.every(path => isInside(path, folder)) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Whether `path` is `folder` or something in it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
}
