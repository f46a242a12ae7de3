/** What tells that a model on disk is another than it was, from names, sizes and times alone. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { mainSet, readWeightFolder, setsWith, type WeightFolder, type WeightSet } from './weightFolder.ts';

/** Changes with the weights of a set, those that its index lists too, and with `others` beside them. */
export async function stampOfSet(
  folder: WeightFolder,
  set: WeightSet,
  others: readonly string[] = [],
): Promise<string> {
  const names = [...others, ...set.files];
  const listings = set.kind === 'index' ? await folder.listings() : [];
  names.push(...(listings.find(({ index }) => index === set)?.shards ?? []).map(file => basename(file)));
  // A shard that came and is in no index is an error.
  if (set.kind !== 'file')
    names.push(...folder.sets.flatMap(({ kind, files }) => (kind === 'shard' ? files : [])));
  const stamps = [...new Set(names)].map(name => stampOfFile(join(folder.path, name)));
  return (await Promise.all(stamps)).join();
}

/** Of the weights that a path means: a model's folder, one of its files, or a .tvq file. Never rejects. */
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

/** Another file under the same name has another time of change, which no program can set. */
const stampOfFile = (file: string): Promise<string> =>
  stat(file, { bigint: true }).then(
    ({ size, mtimeNs, ctimeNs }) => `${size}:${mtimeNs}:${ctimeNs}`,
    () => GONE,
  );
