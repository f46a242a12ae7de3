import { stat } from 'node:fs/promises';
import { describeSystemError } from '../errors.ts';
import { openTvq, type TvqFile } from '../tvq/reader.ts';

let last: { readonly key: string; readonly file: TvqFile } | undefined;

/** The header of a .tvq file, not read anew when the same file is asked for again and did not change. */
export async function openUnchanged(path: string): Promise<TvqFile> {
  const found = await stat(path).catch((error: unknown) => {
    throw describeSystemError(error, path);
  });
  const key = JSON.stringify([path, found.ino, found.size, found.mtimeMs]);
  if (last?.key !== key) last = { key, file: await openTvq(path) };
  return last.file;
}
