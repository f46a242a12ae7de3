/**
 * What is being replaced: moved aside while the new takes its name, and deleted last. A process that dies in between
 * leaves it there, and the next one that looks for it puts it back.
 */
import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from './processes.ts';

/** `.NAME.PID.RANDOM.tvq-old`: hidden, and the process id tells whether who moved it still lives. */
const ASIDE = /^\.(.+)\.(\d+)\.[0-9a-f]{8}\.tvq-old$/;

export const asideName = (target: string): string =>
  join(dirname(target), `.${basename(target)}.${process.pid}.${randomBytes(4).toString('hex')}.tvq-old`);

/** Whether a name is one that outputs have before they are complete, or while they are replaced. */
export const isTemporaryName = (path: string): boolean =>
  /^\..+\.tvq-(tmp|partial|old)$/.test(basename(path));

/** The path that something moved aside had; undefined of anything else. */
export function asideOf(path: string): string | undefined {
  const [, name] = ASIDE.exec(basename(path)) ?? [];
  return name === undefined ? undefined : join(dirname(path), name);
}

/**
 * Puts back what a dead process moved aside; deletes it where the new one has its name. Where several are left, the
 * last that was there is put back.
 * @returns whether something was put back
 */
export async function putBack(target: string): Promise<boolean> {
  const folder = dirname(target);
  const names = await readdir(folder).catch((): string[] => []);
  const left = names.filter(name => {
    const [, of, pid] = ASIDE.exec(name) ?? [];
    return of === basename(target) && !isAlive(Number(pid));
  });
  const paths = left.map(name => join(folder, name));
  if (paths.length === 0) return false;
  // Moving a folder changes this time of its own, whatever happened inside of it before.
  const times = await Promise.all(paths.map(async path => (await stat(path)).ctimeMs));
  const [last, ...older] = paths.sort(
    (a, b) => times[left.indexOf(basename(b))]! - times[left.indexOf(basename(a))]!,
  );
  const isThere = await stat(target).then(
    () => true,
    () => false,
  );
  if (!isThere) await rename(last as string, target);
  for (const path of isThere ? paths : older) await rm(path, { recursive: true, force: true });
  return !isThere;
}
