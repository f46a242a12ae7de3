import { isAbsolute, relative } from 'node:path';

/** Whether `path` is `folder` or something in it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !/^\.\.([\\/]|$)/.test(way) && !isAbsolute(way);
}
