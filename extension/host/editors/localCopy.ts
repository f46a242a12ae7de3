/** A file of another file system (Source Control, a container, an archive), as a private copy that the engine can read. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { l10n, workspace, type Uri } from 'vscode';
import { formatBytes } from '../../shared/format.ts';
import { isRunning } from '../../files/processes.ts';

/**
 * VS Code's file API hands over a file as a whole, through the memory of two processes and often over a network; files
 * on disk are read in pieces instead, at any size.
 */
export const MOST_COPIED = 64 * 2 ** 20;

export interface LocalCopy {
  readonly path: string;
  remove(): Promise<void>;
}

/** `copies/PID-RANDOM/NAME`. Copies of windows that are gone are removed. */
export async function copyLocally(uri: Uri, copies: string): Promise<LocalCopy> {
  const { size } = await workspace.fs.stat(uri);
  if (size > MOST_COPIED) throw tooLarge(uri, size);
  const bytes = await workspace.fs.readFile(uri);
  // Not every file system reports sizes in advance.
  if (bytes.length > MOST_COPIED) throw tooLarge(uri, bytes.length);
  await removeDead(copies);
  const folder = join(copies, `${process.pid}-${randomBytes(8).toString('hex')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, posix.basename(uri.path).replace(/[\\/:*?"<>|]/g, '_'));
  await writeFile(path, bytes, { mode: 0o600 });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function removeDead(copies: string): Promise<void> {
  const names = await readdir(copies).catch((): string[] => []);
  for (const name of names.filter(name => /^\d+-[0-9a-f]{16}$/.test(name))) {
    if (await isRunning(Number.parseInt(name, 10), undefined)) continue;
    await rm(join(copies, name), { recursive: true, force: true });
  }
}

/** How to show a file that is not on a local disk. */
export const shownUri = ({ scheme, path }: Uri): string => `${scheme}:${path}`;

const tooLarge = (uri: Uri, bytes: number): Error =>
  new Error(
    l10n.t(
      '{0}: {1} is too large to open from there; the limit is {2}. Save it on this disk and open that.',
      shownUri(uri),
      formatBytes(bytes),
      formatBytes(MOST_COPIED),
    ),
  );
