/**
 * What lies beside an output while it is written: hidden, and its name tells what it belongs to. `.NAME.ID.tvq-KIND`,
 * where the id is the token of the writer's lock, or what a partial folder may be continued with.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * `tmp` becomes the output when it is complete; `old` is what had the name before, until the new one has it; `partial`
 * is an unfinished model folder, which a later run may take over, and `journal` what it has finished while it is given
 * the model's name; `lock` says who writes, and has no id but for the
 * moment in which a dead writer's is taken over.
 */
export type HiddenKind = 'tmp' | 'old' | 'partial' | 'journal' | 'lock';

/** In an unfinished model folder: what of it is finished. */
export const JOURNAL = '.tvq-journal.jsonl';

const HIDDEN = /^\.(.+)\.([0-9a-f]{16})\.tvq-(tmp|old|partial|journal|lock)$/;
const ANY = /^\..+\.tvq-(tmp|old|partial|journal|lock)$/;

/** @param id 16 hex digits */
export const hiddenName = (target: string, id: string, kind: HiddenKind): string =>
  join(dirname(target), `.${basename(target)}.${id}.tvq-${kind}`);

export const lockName = (target: string): string => join(dirname(target), `.${basename(target)}.tvq-lock`);

/** Everything of one kind that belongs to an output and has an id, as paths; nothing where there is no folder. */
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

/** The id in a hidden path; none in any other. */
export const hiddenId = (path: string): string => HIDDEN.exec(basename(path))?.[2] ?? '';

/** The kind of a name that outputs have before they are complete, while they are replaced, or that locks have. */
export const hiddenKind = (path: string): HiddenKind | undefined =>
  ANY.exec(basename(path))?.[1] as HiddenKind | undefined;

/** The path that something moved aside had; undefined of anything else. */
export function asideOf(path: string): string | undefined {
  const [, name, , kind] = HIDDEN.exec(basename(path)) ?? [];
  return name !== undefined && kind === 'old' ? join(dirname(path), name) : undefined;
}
