import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { describeSystemError, UserError } from '../../shared/errors.ts';
import { askDownload } from './unfinishedDownload.ts';

/** A system error in words; of a link into a cache that its file is missing from, which listings show as if it were there. */
export async function describeOpenError(error: unknown, path: string): Promise<UserError> {
  const code = (error as NodeJS.ErrnoException).code;
  const link = code === 'ENOENT' ? await lstat(path).catch(() => undefined) : undefined;
  if (!link?.isSymbolicLink()) return describeSystemError(error, path);
  const ask = await askDownload(dirname(path), [basename(path)]);
  return new UserError(`${path}: a link to a file that does not exist; ${ask}`, 'failed', { cause: error });
}
