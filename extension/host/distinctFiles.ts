/**
 * One file has one name: symlinks, `..`, the case of letters and two roots of a workspace give it others. No `vscode`
 * here, so that tests can run it.
 */
import { realpath } from 'node:fs/promises';
import { inParallel } from '../shared/parallel.ts';
import { groupBy } from '../shared/groupBy.ts';
import type { CheckpointSummary } from '../protocol/checkpoints.ts';

/** Paths looked up at once: a workspace may have thousands. */
const CONCURRENCY = 16;

/** The path with links resolved and in the disk's own spelling; unchanged if it leads nowhere. */
const realPath = (path: string): Promise<string> => realpath(path).catch(() => path);

/** Each file once: by its real path if that is among the paths, else by the first. */
export async function distinctFiles(paths: readonly string[]): Promise<string[]> {
  const real = new Map<string, string>();
  await inParallel(paths, CONCURRENCY, async path => void real.set(path, await realPath(path)));
  const groups = groupBy(paths, path => real.get(path) ?? path);
  return [...groups].map(([target, [first = target, ...others]]) =>
    others.includes(target) ? target : first,
  );
}

/** Found checkpoints, with those that are already known by another path replaced by the known ones. */
export async function asKnown(
  found: readonly CheckpointSummary[],
  known: readonly CheckpointSummary[],
): Promise<CheckpointSummary[]> {
  const idOf = ({ path, files: [first] }: CheckpointSummary) => realPath(first ?? path);
  const ids = await Promise.all(known.map(idOf));
  const byId = new Map(known.map((one, i) => [ids[i], one]));
  const same = await Promise.all(found.map(async one => byId.get(await idOf(one)) ?? one));
  return [...new Set(same)];
}
