/**
 * Files that anyone may have put there are opened only if they are regular files, and read no further than their length
 * when opened: a pipe would block, a device never ends, and opening some has side effects.
 */
import { constants, type BigIntStats, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { UserError } from '../shared/errors.ts';
import { describeOpenError } from './huggingface/openError.ts';
import { readUpTo } from '../files/wholeCalls.ts';

/** Avoids waiting for the other end of a pipe that replaced the file after the check; no effect on Windows. */
export const NO_WAITING = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** Checks a file before it is opened. @throws UserError for anything but a regular file */
export async function statFile(file: string): Promise<Stats> {
  try {
    const info = await stat(file);
    checkRegular(file, info);
    return info;
  } catch (error) {
    throw await describeOpenError(error, file);
  }
}

export interface OpenedFile {
  readonly handle: FileHandle;
  /** Of the opened file, even if the name now belongs to another. */
  readonly info: BigIntStats;
}

/** Opens a regular file for reading. @throws UserError naming it, and what it is instead */
export async function openRegular(file: string): Promise<OpenedFile> {
  await statFile(file);
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, NO_WAITING);
    const info = await handle.stat({ bigint: true });
    checkRegular(file, info);
    return { handle, info };
  } catch (error) {
    await handle?.close();
    throw await describeOpenError(error, file);
  }
}

/**
 * The bytes of a file of at most `limit`.
 * @throws UserError naming the file, also if it is longer
 */
export const readRegular = (file: string, limit: number): Promise<Buffer> =>
  readFirst(file, ({ size }) => {
    if (size <= limit) return Number(size);
    throw new UserError(`${file}: it has ${size} bytes, at most ${limit} are allowed`);
  });

/** The first bytes of a file. @throws UserError naming it */
export const readBeginning = (file: string, most: number): Promise<Buffer> =>
  readFirst(file, ({ size }) => Math.min(Number(size), most));

async function readFirst(file: string, lengthOf: (info: BigIntStats) => number): Promise<Buffer> {
  const { handle, info } = await openRegular(file);
  try {
    const bytes = Buffer.alloc(lengthOf(info));
    return bytes.subarray(0, await readUpTo(handle, bytes, 0));
  } catch (error) {
    throw await describeOpenError(error, file);
  } finally {
    await handle.close();
  }
}

/** @throws UserError for anything but a regular file */
export function checkRegular(file: string, info: Stats | BigIntStats): void {
  if (info.isFile()) return;
  const what = info.isDirectory() ? 'this is a folder' : 'this is a device, pipe or socket';
  throw new UserError(`${file}: ${what}, a file was expected`);
}
