import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { describeSystemError, UserError } from '../../shared/errors.ts';
import { askDownload } from './unfinishedDownload.ts';

/** A system error in words; also for a link into a cache whose file is missing, although listings still show it. */
export async function describeOpenError(error: unknown, path: string): Promise<UserError> {
  const code = (error as NodeJS.ErrnoException).code;
  const link = code === 'ENOENT' ? await lstat(path).catch(() => undefined) : undefined;
  if (!link?.isSymbolicLink()) return describeSystemError(error, path);
  const ask = await askDownload(dirname(path), [basename(path)]);
  return new UserError(`${path}: a link to a file that does not exist; ${ask}`, 'failed', { cause: error });
}
