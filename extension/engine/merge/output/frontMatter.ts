/** A model folder's small text files about itself; written by anyone, so nothing here may fail or be large. */
import { join } from 'node:path';
import { parse } from 'yaml';
import { readBeginning } from '../../../formats/regularFile.ts';

/** Front matter with a long list of languages or data sets has a few kB. */
const MAX_FRONT_MATTER_BYTES = 64 << 10;

/** The beginning of a text file; undefined when there is none that can be read. */
export const readTextBeginning = (file: string, bytes: number): Promise<string | undefined> =>
  readBeginning(file, bytes).then(
    head => head.toString(),
    () => undefined,
  );

/** The strings that the YAML at the top of a README.md has under a key: one, a list, or none. */
export type FrontMatter = (key: string) => readonly string[];

/** Reads a folder's README.md; a missing or invalid one has no strings. */
export async function readFrontMatter(folder: string): Promise<FrontMatter> {
  const text = (await readTextBeginning(join(folder, 'README.md'), MAX_FRONT_MATTER_BYTES)) ?? '';
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const end = lines.findIndex((line, i) => i > 0 && /^---\s*$/.test(line));
  const yaml = /^---\s*$/.test(lines[0] ?? '') && end > 0 ? lines.slice(1, end) : [];
  return key => stringsAt(yaml, key);
}

/** Parses one entry only: the rest (results, widgets) is long, often broken, and of no use here. */
function stringsAt(yaml: readonly string[], key: string): string[] {
  const first = yaml.findIndex(line => line.startsWith(`${key}:`));
  if (first < 0) return [];
  const length = yaml.slice(first + 1).findIndex(line => /^[^\s-]/.test(line));
  const entry = yaml.slice(first, length < 0 ? undefined : first + 1 + length).join('\n');
  if ((entry.match(NESTING) ?? []).length > MAX_NESTING) return [];
  try {
    const value = (parse(entry, { maxAliasCount: 0, logLevel: 'error' }) as Record<string, unknown>)[key];
    return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(item => typeof item === 'string');
  } catch {
    return [];
  }
}

/** Each level of nesting begins with one of these. */
const NESTING = /[[{]|[-?:]\s/g;
/** The parser runs out of stack at 780 levels, where V8 may end the process; no list of models is as long as this. */
const MAX_NESTING = 200;
