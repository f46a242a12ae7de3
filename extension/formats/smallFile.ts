/** Small text files that anyone may have written: configs, indexes, recipes. */
import { UserError } from '../shared/errors.ts';
import { isLfsPointer, LFS_POINTER } from './foreignContent.ts';
import { nestsDeeper } from './json/jsonDepth.ts';
import { MAX_DEPTH } from './json/jsonText.ts';
import { readRegular } from './regularFile.ts';

/** Reads a text file of at most `limit` bytes. @throws UserError naming the file and what is wrong with it */
export async function readText(file: string, limit: number): Promise<string> {
  const bytes = await readRegular(file, limit);
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
  if (nestsDeeper(Buffer.from(text), MAX_DEPTH))
    throw new UserError(`${file}: it nests deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: not valid JSON: ${(error as Error).message}`, 'failed', { cause: error });
  }
}

/**
 * UTF-8 or UTF-16 according to a byte order mark, which is left out; without one, zeros in every second byte indicate
 * UTF-16, as JSON and YAML begin in ASCII.
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
