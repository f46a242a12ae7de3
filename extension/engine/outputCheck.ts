import { readdir, realpath, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Problem } from '../protocol/results.ts';
import { alreadyThere } from '../files/atomic.ts';
import { exists } from '../files/exists.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { endingOf } from '../formats/registry.ts';
import { linesOf } from '../shared/errors.ts';
import { formatBytes } from '../shared/format.ts';
import type { Told } from '../shared/remedies.ts';
import { hiddenKind } from '../files/hiddenNames.ts';
import { neighbourWriting } from '../files/lock/outputLock.ts';
import { checkReplaceable, type OutputKind } from '../files/replaceable.ts';

/**
 * What prevents writing `bytes` to an output: it is an input, it exists or must not be replaced, or the disk is full.
 * @param targets what is written: the output itself, or folders in it
 */
export async function checkOutput(
  recipe: { readonly output: string; readonly overwrite: boolean },
  inputs: readonly Pick<Checkpoint, 'path' | 'files'>[],
  bytes: number,
  kind: OutputKind,
  targets: readonly string[] = [resolve(recipe.output)],
): Promise<Problem[]> {
  const output = resolve(recipe.output);
  const problems: Problem[] = [];
  const error = (...told: readonly Told[]) =>
    problems.push(...told.map(one => ({ severity: 'error', ...one }) as const));
  const place = await realPlace(output);
  const read = await Promise.all(inputs.flatMap(({ path, files }) => [path, ...files]).map(realPlace));
  // Replacing a folder deletes everything in it; a file beside an input deletes nothing.
  const isWithin = (path: string, folder: string) =>
    path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  const ending = kind === 'folder' ? endingOf(basename(output)) : undefined;
  if (ending)
    error({
      message: `${recipe.output}: ${ending.format.name} files are not written; end it in .safetensors, or name a folder`,
    });
  if (read.some(path => isWithin(path, place))) {
    error({ message: `${recipe.output}: is one of the inputs, or holds one; choose another output` });
  } else if (!recipe.overwrite && (await exists(output)) && !(await holdsOnlyParts(output, targets))) {
    error(...alreadyThere(recipe.output).lines);
  } else if (recipe.overwrite) {
    for (const target of targets)
      await checkReplaceable(target, kind).catch((fault: unknown) => error(...linesOf(fault)));
  }
  for (const target of targets) {
    const other = await neighbourWriting(target);
    // It may be finished before this run begins, which checks again.
    if (other) problems.push({ severity: 'warning', message: other.message });
  }
  const free = await freeBytes(dirname(output));
  if (free !== undefined && free < bytes) {
    error({ message: `${dirname(output)}: ${formatBytes(free)} are free, ${formatBytes(bytes)} are needed` });
  }
  return problems;
}

/** Whether the folder exists only for models that an interrupted run began in it. */
async function holdsOnlyParts(output: string, targets: readonly string[]): Promise<boolean> {
  if (targets.includes(output)) return false;
  const names = await readdir(output).catch((): string[] => []);
  return names.length > 0 && names.every(name => hiddenKind(name) !== undefined);
}

/** Where a path leads when all links in it are followed, as far as it exists. */
async function realPlace(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch {
    const folder = dirname(absolute);
    return folder === absolute ? absolute : join(await realPlace(folder), basename(absolute));
  }
}

/** Free bytes of the nearest folder that exists; undefined if the system does not say. */
async function freeBytes(folder: string): Promise<number | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const stats = await statfs(at).catch(() => undefined);
    if (stats) return stats.bavail * stats.bsize;
    if (at === dirname(at)) return undefined;
  }
}
