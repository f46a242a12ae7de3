/**
 * Inputs must not change while a job reads them: otherwise the output would mix old and new. A file's stamp is taken
 * when its header is read, and compared after the last read, before anything is published.
 */
import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describeSystemError, UserError } from '../shared/errors.ts';

/**
 * What a file system says about a file, as plain data. The inode number is left out, as some file systems (FAT, network
 * ones) reassign it now and then; replacing a file changes its change time anyway.
 */
export interface FileStamp {
  readonly file: string;
  readonly bytes: number;
  /** In nanoseconds: time of the last write, and of the last change of any kind, which no program can set. */
  readonly modified: string;
  readonly changed: string;
}

export const stampFrom = (file: string, { size, mtimeNs, ctimeNs }: BigIntStats): FileStamp => ({
  file,
  bytes: Number(size),
  modified: String(mtimeNs),
  changed: String(ctimeNs),
});

/** @throws UserError when there is no such file */
export async function stampOf(file: string): Promise<FileStamp> {
  try {
    return stampFrom(file, await stat(file, { bigint: true }));
  } catch (error) {
    throw describeSystemError(error, file);
  }
}

/** How a file has changed; undefined: not at all. */
export function changeOf(before: FileStamp, now: FileStamp): string | undefined {
  if (before.bytes !== now.bytes) return `it had ${before.bytes} bytes and now has ${now.bytes}`;
  if (before.modified !== now.modified || before.changed !== now.changed)
    return 'its modification time changed';
  return undefined;
}

/** @throws UserError naming the first file that changed or disappeared */
export async function checkUnchanged(stamps: readonly FileStamp[]): Promise<void> {
  for (const before of stamps) {
    const now = await stampOf(before.file).catch(() => undefined);
    const change = now ? changeOf(before, now) : 'it is gone';
    if (change === undefined) continue;
    throw new UserError(
      `${before.file}: changed while it was read (${change}); run it again when nothing writes to it`,
    );
  }
}

/** Does work that reads files, and checks that they did not change meanwhile: a change may look like damage. */
export async function whileUnchanged<T>(stamps: readonly FileStamp[], work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await checkUnchanged(stamps);
    throw error;
  }
  await checkUnchanged(stamps);
  return result;
}
