/** Signs of downloads that were not finished. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Extensions that browsers, aria2, wget's helpers and huggingface_hub give a file until it is complete. */
const UNFINISHED = /\.(incomplete|part|partial|crdownload|opdownload|download|aria2)$/i;

export const isUnfinished = (name: string): boolean => UNFINISHED.test(name);

/** aria2 gives a file its full size at once: as long as its control file is beside it, the weights have holes. */
export const aria2Notes = (name: string): string => `${name}.aria2`;

/**
 * The end of an error about something missing: evidence that its download was not finished, or the question whether it
 * was.
 * @param names what is in the folder
 */
export async function askDownload(folder: string, names: readonly string[]): Promise<string> {
  const sign = names.find(isUnfinished) ?? (await ofHuggingFace(folder));
  return sign === undefined
    ? 'was the download finished?'
    : `${sign} shows that its download was not finished; run it again`;
}

/** huggingface_hub keeps unfinished files below a `--local-dir`, and in its cache beside the finished ones. */
async function ofHuggingFace(folder: string): Promise<string | undefined> {
  const own = join('.cache', 'huggingface', 'download');
  const places = [
    join(folder, own),
    join(dirname(folder), own, basename(folder)), // a component of a pipeline
    ...(basename(dirname(folder)) === 'snapshots' ? [join(folder, '..', '..', 'blobs')] : []),
  ];
  for (const place of places) {
    const names = await readdir(place).catch((): string[] => []);
    const found = names.find(name => name.endsWith('.incomplete'));
    if (found !== undefined) return join(place, found);
  }
  return undefined;
}
