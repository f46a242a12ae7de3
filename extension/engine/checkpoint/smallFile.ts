/** Small text files that anyone may have written: configs, indexes, recipes. */
import { lstat, readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Stats } from 'node:fs';
import { describeSystemError, UserError } from '../errors.ts';
import { isLfsPointer, LFS_POINTER } from './foreignContent.ts';
import { askDownload } from './unfinishedDownload.ts';

/** What a file is before it is opened: opening a pipe waits for ever. @throws UserError for anything but a regular file */
export async function statFile(file: string): Promise<Stats> {
  try {
    const info = await stat(file);
    if (info.isFile()) return info;
    const what = info.isDirectory() ? 'this is a folder' : 'this is a device, pipe or socket';
    throw new UserError(`${file}: ${what}, a file was expected`);
  } catch (error) {
    throw await describeOpenError(error, file);
  }
}

/** A system error in words; of a link into a cache that its file is missing from, which listings show as if it were there. */
export async function describeOpenError(error: unknown, path: string): Promise<UserError> {
  const code = (error as NodeJS.ErrnoException).code;
  const link = code === 'ENOENT' ? await lstat(path).catch(() => undefined) : undefined;
  if (!link?.isSymbolicLink()) return describeSystemError(error, path);
  const ask = await askDownload(dirname(path), [basename(path)]);
  return new UserError(`${path}: a link to a file that is not there; ${ask}`, 'failed', { cause: error });
}

/** Reads a text file of at most `limit` bytes. @throws UserError naming the file and what is wrong with it */
export async function readText(file: string, limit: number): Promise<string> {
  const { size } = await statFile(file);
  if (size > limit) throw new UserError(`${file}: it has ${size} bytes, at most ${limit} are allowed`);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw describeSystemError(error, file);
  }
  if (isLfsPointer(bytes)) throw new UserError(`${file}: ${LFS_POINTER}`);
  const text = decodeText(bytes);
  if (typeof text === 'string') return text;
  throw new UserError(`${file}: ${text.wrong}`);
}

/**
 * Parses a JSON file of at most `limit` bytes.
 * @throws UserError naming the file and what is wrong with it
 */
export async function readJson(file: string, limit: number): Promise<unknown> {
  const text = await readText(file, limit);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: not valid JSON: ${(error as Error).message}`, 'failed', { cause: error });
  }
}

/**
 * UTF-8 or UTF-16, as a byte order mark tells, which is left out; without one, zero bytes in every second place tell
 * UTF-16 of a text that begins in ASCII, as JSON and YAML do.
 */
export function decodeText(bytes: Uint8Array): string | { readonly wrong: string } {
  const encoding = encodingOf(bytes);
  if (encoding === 'utf-32') return { wrong: 'its text is UTF-32; save it as UTF-8' };
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return { wrong: `it is not ${encoding.toUpperCase()} text; save it as UTF-8` };
  }
}

function encodingOf([a, b, c, d]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32' {
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'utf-32' : 'utf-16le';
  if (a === 0 && b === 0) return 'utf-32';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a === 0 && b !== undefined) return 'utf-16be';
  if (b === 0 && a !== undefined) return c === 0 ? 'utf-32' : 'utf-16le';
  return 'utf-8';
}
