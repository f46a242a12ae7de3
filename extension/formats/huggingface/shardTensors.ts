/** The tensors of a model in several files: all of them, or an error that says what is missing. */
import { basename, join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { listed } from '../../shared/listed.ts';
import { readShardIndex, type ShardIndex } from './hfIndex.ts';
import type { TensorSource } from '../tensorSource.ts';
import type { WeightHeader } from '../weightFormat.ts';
import { aria2Notes, askDownload } from './unfinishedDownload.ts';
import type { WeightFolder, WeightSet } from './weightFolder.ts';
import { parseWeightName } from './weightNames.ts';

interface SetFiles {
  /** Absolute. */
  readonly files: readonly string[];
  readonly index: ShardIndex | undefined;
  readonly notes: readonly string[];
}

/** The weight files of a set, all of which must exist. @throws UserError naming the missing ones */
export async function filesOfSet(folder: WeightFolder, set: WeightSet): Promise<SetFiles> {
  const { path, names } = folder;
  const index =
    set.kind === 'index' ? await readShardIndex(join(path, set.entry), folder.maxIndexBytes) : undefined;
  const files = index?.shards.map(file => basename(file)) ?? set.files;
  const lacking = index ? files.filter(file => !names.includes(file)) : missingNumbers(set);
  if (lacking.length > 0) {
    const many = `${lacking.length === 1 ? 'is' : 'are'} not there; ${await askDownload(path, names)}`;
    throw new UserError(
      index
        ? `${index.file}: it lists ${listed(lacking)}, which ${many}`
        : `${join(path, set.entry)}: one of ${set.count} shards; ${listed(lacking)} ${many}`,
    );
  }
  const notes = index ? checkNumbers(folder, index, files) : [];
  const cut = files.find(file => names.includes(aria2Notes(file)));
  if (cut !== undefined)
    throw new UserError(`${join(path, cut)}: ${await askDownload(path, [aria2Notes(cut)])}`);
  return { files: files.map(file => join(path, file)), index, notes };
}

/** Names of shards that a set lacks; most count from 1, some from 0. */
function missingNumbers({ kind, count, files }: WeightSet): string[] {
  if (kind !== 'shard') return [];
  const [first] = files as [string];
  const have = new Set(files.map(file => parseWeightName(file)?.number));
  const start = have.has(0) ? 0 : 1;
  return Array.from({ length: count }, (_, i) => start + i)
    .filter(number => !have.has(number))
    .map(number =>
      first.replace(
        /(\d+)(-of-\d+)/,
        (_, digits: string, of: string) => String(number).padStart(digits.length, '0') + of,
      ),
    );
}

/**
 * An index that lists only part of a numbered set: a note if the others do not exist.
 * @throws UserError if they do, as they would be missing from the model
 */
function checkNumbers(
  { sets }: WeightFolder,
  { file }: ShardIndex,
  listedFiles: readonly string[],
): string[] {
  const set = sets.find(
    ({ kind, files }) => kind === 'shard' && files.some(name => listedFiles.includes(name)),
  );
  if (!set) return [];
  const unlisted = set.files.filter(name => !listedFiles.includes(name));
  if (unlisted.length > 0) {
    throw new UserError(
      `${file}: does not list ${listed(unlisted)} beside it, of the same set; ` +
        'download the index again, or move it away to read all shards',
    );
  }
  const lacking = missingNumbers(set);
  if (lacking.length === 0) return [];
  return [
    `${file}: lists ${set.files.length} of ${set.count} shards, not ${listed(lacking)}; is the model complete?`,
  ];
}

/**
 * All tensors of the files. An index decides between two tensors of one name; what it lists but no file has is left out
 * with a note, because some published models' indexes still list removed heads.
 * @throws UserError if a file has nothing of what is listed for it, if most is missing, and for duplicate names
 */
export function gatherTensors(
  headers: readonly WeightHeader[],
  index: ShardIndex | undefined,
): { readonly tensors: ReadonlyMap<string, TensorSource>; readonly notes: readonly string[] } {
  const tensors = new Map<string, TensorSource>();
  const all = headers.flatMap(header => header.tensors);
  const isListed = ({ name, file }: TensorSource) => index?.tensors.get(name) === file;
  for (const tensor of all) if (isListed(tensor)) tensors.set(tensor.name, tensor);
  const unlisted: string[] = [];
  for (const tensor of all) {
    const known = tensors.get(tensor.name);
    if (!known) tensors.set(tensor.name, tensor);
    else if (known !== tensor && !isListed(known))
      throw new UserError(
        `${tensor.file}: tensor "${tensor.name}" is in ${basename(known.file)} too; which one is right?`,
      );
    if (!known && index && !index.tensors.has(tensor.name)) unlisted.push(tensor.name);
  }
  if (!index) return { tensors, notes: [] };
  const missing = [...index.tensors.keys()].filter(name => !tensors.has(name));
  checkMissing(headers, index, missing);
  const notes = [
    ...note(index, missing, 'lists', 'that no file has; left out'),
    ...note(index, unlisted, 'does not list', 'that its files have; read as well'),
  ];
  return { tensors, notes };
}

function checkMissing(headers: readonly WeightHeader[], index: ShardIndex, missing: readonly string[]): void {
  for (const { file, tensors } of headers) {
    const lost = missing.filter(name => index.tensors.get(name) === file);
    const has = tensors.some(({ name }) => index.tensors.has(name));
    if (lost.length > 0 && !has)
      throw new UserError(
        `${file}: has ${tensors.length === 0 ? 'no tensor' : 'other tensors'}; ${basename(index.file)} lists ${count(lost)} in it`,
      );
  }
  if (missing.length > index.tensors.size / 2)
    throw new UserError(
      `${index.file}: ${missing.length} of the ${index.tensors.size} tensors that it lists are in no file (${missing[0]} …); is it the index of these files?`,
    );
}

const note = ({ file }: ShardIndex, names: readonly string[], verb: string, what: string): string[] =>
  names.length === 0 ? [] : [`${file}: ${verb} ${count(names)} ${what}`];

const count = (names: readonly string[]): string =>
  names.length === 1 ? `tensor "${names[0]}"` : `${names.length} tensors (${listed(names)})`;
