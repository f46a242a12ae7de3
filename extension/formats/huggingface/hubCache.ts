/** The Hub's cache: `models--ORGANISATION--NAME` with a folder per commit, and `refs` that name commits. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { listed } from '../../shared/listed.ts';
import { readBeginning } from '../regularFile.ts';

/** A commit's hash has 40 bytes. */
const MAX_REF_LENGTH = 200;

/**
 * The snapshot that the top folder of a cached model stands for: the one that `refs/main` names, or the only one.
 * @returns undefined if the folder is not in the Hub's cache
 * @throws UserError naming the snapshots to choose from
 */
export async function cachedSnapshot(folder: string): Promise<string | undefined> {
  const top = basename(folder) === 'snapshots' ? dirname(folder) : folder;
  if (!/^models--/.test(basename(top))) return undefined;
  const snapshots = join(top, 'snapshots');
  const names = (await readdir(snapshots).catch((): string[] => [])).sort();
  const ref = await readBeginning(join(top, 'refs', 'main'), MAX_REF_LENGTH).catch(() => '');
  const main = ref.toString().trim();
  const meant = names.find(name => name === main) ?? (names.length === 1 ? names[0] : undefined);
  if (meant !== undefined) return join(snapshots, meant);
  if (names.length === 0)
    throw new UserError(
      `${folder}: a model of the Hub's cache without a snapshot; was the download finished?`,
    );
  throw new UserError(`${folder}: ${names.length} snapshots (${listed(names)}); name one of them`);
}

/** Folders of a cached model that hold files by hash, and names of commits. */
const INNER = /^[/\\](blobs|refs)([/\\]|$)/;

/**
 * The end of an error about a path into the Hub's cache where no weights are: which path to name instead.
 * @returns undefined if the path is not in a cached model's folder of blobs or refs
 */
export async function snapshotInstead(path: string): Promise<string | undefined> {
  const parts = /^(.*[/\\]models--[^/\\]+)(.*)$/.exec(resolve(path));
  const [, top, inner] = parts ?? [];
  if (top === undefined || !INNER.test(inner ?? '')) return undefined;
  const names = (await readdir(join(top, 'snapshots')).catch((): string[] => [])).sort();
  const [only, second] = names;
  const named = only === undefined ? top : join(top, 'snapshots', second === undefined ? only : '');
  return `a part of the Hub's cache, which keeps files there by their hashes; name the model's snapshot: ${named}`;
}
