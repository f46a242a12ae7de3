/** Reads maps, lists and texts of a recipe piece by piece, so that every fault is found. */
import type { Path, RecipeDocument } from './document.ts';
import { passOver } from './strangers.ts';

/** A text and its place. */
export interface Text {
  readonly path: Path;
  readonly text: string;
}

/** What is done with the value of a key. */
type Reader = (value: unknown, path: Path) => void;

const MAX_TEXT = 32_768;

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** A value's place, as shown in messages: `models[0].model: `. */
export const whereabouts = (path: Path): string => {
  const where = path.map(part => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return where && `${where.slice(1)}: `;
};

/** Nothing at all: a key without a value, or an empty block. */
export const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (isMapping(value) && Object.keys(value).length === 0);

/** Passes the value of each key to its reader; keys without a value count as missing. */
export function readMap(
  document: RecipeDocument,
  path: Path,
  value: unknown,
  what: string,
  readers: Readonly<Record<string, Reader>>,
): void {
  if (!isMapping(value)) throw document.error(path, `${whereabouts(path)}${what} was expected`);
  for (const [key, given] of Object.entries(value)) {
    const place = [...path, key];
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
    document.attempt(() => {
      if (!reader) passOver(document, place, 'key', Object.keys(readers));
      else if (given !== null && given !== undefined) reader(given, place);
    });
  }
}

/** Passes each entry of a list to a reader. */
export function readList(
  document: RecipeDocument,
  path: Path,
  value: unknown,
  { what, atMost }: { readonly what: string; readonly atMost: number },
  reader: Reader,
): void {
  if (!Array.isArray(value)) throw document.error(path, `${whereabouts(path)}${what} was expected`);
  if (value.length === 0) throw document.error(path, `${whereabouts(path)}is empty`);
  if (value.length > atMost)
    throw document.error(
      path,
      `${whereabouts(path)}has ${value.length} entries, at most ${atMost} are allowed`,
    );
  for (const [i, entry] of value.entries()) document.attempt(() => reader(entry, [...path, i]));
}

export function readText(document: RecipeDocument, value: unknown, path: Path): Text {
  const wrong = (what: string) => document.error(path, `${whereabouts(path)}${what}`);
  if (typeof value !== 'string')
    throw wrong(
      value === undefined
        ? 'is missing'
        : 'text (in quotes, if it looks like a number or a date) was expected',
    );
  if (value === '' || value.length > MAX_TEXT) throw wrong(value === '' ? 'is empty' : 'is too long');
  return { path, text: value };
}

export function readNumber(document: RecipeDocument, value: unknown, path: Path): number {
  if (value === undefined) throw document.error(path, `${whereabouts(path)}is missing`);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw document.error(path, `${whereabouts(path)}a number was expected`);
  return number;
}

/** @returns the map; an empty one for nothing */
export function readParameters(
  document: RecipeDocument,
  value: unknown,
  path: Path,
): Readonly<Record<string, unknown>> {
  if (isMapping(value)) return value;
  throw document.error(path, `${whereabouts(path)}a map of parameters was expected`);
}
