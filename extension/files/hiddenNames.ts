/**
 * Hidden files beside an output while it is written, whose names tell what they belong to: `.NAME.ID.tvq-KIND`, where
 * the id is the token of the writer's lock, or identifies the run that may continue a partial folder.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * `tmp` becomes the output when it is complete; `old` is what had the name before, until the new one has it; `partial`
 * is an unfinished model folder, which a later run may take over, and `journal` lists its finished parts while it gets
 * the model's name; `lock` says who writes, and has an id only while a dead writer's lock is taken over.
 */
export type HiddenKind = 'tmp' | 'old' | 'partial' | 'journal' | 'lock';

/** In an unfinished model folder: the list of what is finished. */
export const JOURNAL = '.tvq-journal.jsonl';

const HIDDEN = /^\.(.+)\.([0-9a-f]{16})\.tvq-(tmp|old|partial|journal|lock)$/;
const ANY = /^\..+\.tvq-(tmp|old|partial|journal|lock)$/;

/** @param id 16 hex digits */
export const hiddenName = (target: string, id: string, kind: HiddenKind): string =>
  join(dirname(target), `.${basename(target)}.${id}.tvq-${kind}`);

export const lockName = (target: string): string => join(dirname(target), `.${basename(target)}.tvq-lock`);

/** Everything of one kind that belongs to an output and has an id, as paths; none if there is no folder. */
export async function hiddenBeside(target: string, kind: HiddenKind): Promise<string[]> {
  const folder = dirname(target);
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .filter(name => {
      const [, of, , is] = HIDDEN.exec(name) ?? [];
      return of === basename(target) && is === kind;
    })
    .map(name => join(folder, name));
}

/** The id in a hidden path; empty for any other. */
export const hiddenId = (path: string): string => HIDDEN.exec(basename(path))?.[2] ?? '';

/** The kind of a hidden name: that of an unfinished output, one being replaced, or a lock. */
export const hiddenKind = (path: string): HiddenKind | undefined =>
  ANY.exec(basename(path))?.[1] as HiddenKind | undefined;

/** The original path of something moved aside; undefined for anything else. */
export function asideOf(path: string): string | undefined {
  const [, name, , kind] = HIDDEN.exec(basename(path)) ?? [];
  return name !== undefined && kind === 'old' ? join(dirname(path), name) : undefined;
}
