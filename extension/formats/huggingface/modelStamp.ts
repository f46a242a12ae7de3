/** Tells whether a model on disk has changed, from names, sizes and times alone. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mainSet, readWeightFolder, setsWith, type WeightFolder, type WeightSet } from './weightFolder.ts';

/** Changes with the weights of a set, including those that its index lists, and with `others` beside them. */
export async function stampOfSet(
  folder: WeightFolder,
  set: WeightSet,
  others: readonly string[] = [],
): Promise<string> {
  const names = [...others, ...set.files];
  const listings = set.kind === 'index' ? await folder.listings() : [];
  names.push(...(listings.find(({ index }) => index === set)?.shards ?? []).map(file => basename(file)));
  // A new shard that is in no index is an error.
  if (set.kind !== 'file')
    names.push(...folder.sets.flatMap(({ kind, files }) => (kind === 'shard' ? files : [])));
  const stamps = [...new Set(names)].map(name => stampOfFile(join(folder.path, name)));
  return (await Promise.all(stamps)).join();
}

/** A stamp of the weights that a path stands for: a model's folder, one of its files, or a .tvq file. Never rejects. */
export async function stampOfModel(path: string): Promise<string> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const folder = await readWeightFolder(isFolder ? path : dirname(path));
    const set = isFolder
      ? (await mainSet(folder))?.set
      : (await setsWith(folder, new Set([basename(path)])))[0];
    return await (set ? stampOfSet(folder, set) : stampOfFile(path));
  } catch {
    return GONE;
  }
}

const GONE = 'gone';

/** A different file under the same name has another change time, which no program can set. */
const stampOfFile = (file: string): Promise<string> =>
  stat(file, { bigint: true }).then(
    ({ size, mtimeNs, ctimeNs }) => `${size}:${mtimeNs}:${ctimeNs}`,
    () => GONE,
  );
