/**
 * Small files that a .tvq file carries beside its tasks' weights: config, tokenizer, chat template, and the metadata of
 * the fine-tuned weight file. Each is stored once, deflated (zlib, RFC 1950), however many tasks have it.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readExactly } from '../readExactly.ts';
import { storedFileName } from './layout.ts';
import type { Metadata } from './metadata.ts';
import { fault, type TvqExtra } from './partReader.ts';
import { inflated, mostDeflated } from './tables.ts';

/** Stands for the `__metadata__` of the weight file among a task's files; its content is that object as JSON. */
export const METADATA_FILE = '__metadata__';

export interface TvqStoredFile {
  /** Relative to the model's folder, with slashes. Unchecked: whoever writes it must check where it leads. */
  readonly name: string;
  readonly tasks: readonly string[];
  readonly bytes: number;
  /** See `digestOf`. */
  readonly digest: string;
  readonly from: 'file' | 'base' | 'none';
  readonly stored: TvqExtra | undefined;
}

/** Identity of a file's content: the first 32 hex digits of its SHA-256. */
export const digestOf = (content: Uint8Array): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 32);

/** The files that a header lists, each with its tensor. @throws UserError if the list contradicts itself */
export function filesOf(
  file: string,
  { tvq_files: { table, tasks }, tvq_vectors: vectors }: Pick<Metadata, 'tvq_files' | 'tvq_vectors'>,
  extras: readonly TvqExtra[],
): TvqStoredFile[] {
  const byName = new Map(extras.map(extra => [extra.entry.name, extra]));
  const names = new Set(vectors.map(({ name }) => name));
  const owners = table.map((): string[] => []);
  for (const [task, rows] of tasks) {
    if (!names.has(task)) throw fault(file, `it has files of "${task}", which is not one of its tasks`);
    const seen = new Set<string>();
    for (const row of rows) {
      const name = table[row]?.[0].toLowerCase();
      if (name === undefined) throw fault(file, `it refers to file ${row} of ${table.length}`);
      if (seen.has(name)) throw fault(file, `task "${task}" has two files "${table[row]?.[0]}"`);
      seen.add(name);
      owners[row]?.push(task);
    }
  }
  return table.map(([name, bytes, digest, place], row) => {
    const stored = typeof place === 'number' ? byName.get(storedFileName(place)) : undefined;
    if (typeof place === 'number' && !stored)
      throw fault(file, `file "${name}" is said to be in "${storedFileName(place)}", which is missing`);
    const from = typeof place === 'number' ? 'file' : place;
    return { name, tasks: owners[row] as string[], bytes, digest, from, stored };
  });
}

/**
 * A stored file's content; uses no more memory than its stated size, which the header's limits bound.
 * @throws UserError when it is not what the header says
 */
export async function readStoredFile(
  tvq: string,
  { name, bytes, digest, stored }: TvqStoredFile,
): Promise<Buffer> {
  if (!stored) throw new Error(`${name} is not stored`);
  const damaged = fault(tvq, `its file "${name}" is damaged`);
  if (stored.entry.bytes > mostDeflated(bytes)) throw damaged;
  const compressed = Buffer.alloc(stored.entry.bytes);
  const handle = await open(tvq, 'r');
  try {
    await readExactly(handle, compressed, stored.entry.offset, tvq);
  } finally {
    await handle.close();
  }
  const content = inflated(compressed, bytes);
  if (!content || content.length !== bytes || digestOf(content) !== digest) throw damaged;
  return content;
}
