/** The models whose weights are in a folder, and which of them a path stands for: from names and indexes. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { groupBy } from '../../shared/groupBy.ts';
import { listed } from '../../shared/listed.ts';
import { UserError } from '../../shared/errors.ts';
import { inParallel } from '../../shared/parallel.ts';
import { contentFormat } from '../readWeights.ts';
import { MAX_INDEX_BYTES, readShardIndex } from './hfIndex.ts';
import type { WeightFormat } from '../weightFormat.ts';
import {
  formatRank,
  isStandardStem,
  isTelling,
  parseWeightName,
  standardRank,
  type WeightName,
} from './weightNames.ts';

/** Weights that belong together: a standalone file, what an index lists, or shards that no index lists. */
export interface WeightSet {
  readonly kind: WeightName['kind'];
  readonly format: WeightFormat;
  readonly stem: string;
  /** Name of the file that stands for all: the only one, the index, or the first shard. */
  readonly entry: string;
  /** Names of its weight files; for an index, its own name. */
  readonly files: readonly string[];
  /** How many files there should be. */
  readonly count: number;
}

export interface WeightFolder {
  readonly path: string;
  /** Everything but folders. */
  readonly names: readonly string[];
  readonly sets: readonly WeightSet[];
  /** Maximum bytes of an index. */
  readonly maxIndexBytes: number;
  /** What its indexes list, read once; unreadable ones count as empty here. */
  readonly listings: () => Promise<readonly Listing[]>;
}

interface Listing {
  readonly index: WeightSet;
  /** Absolute. */
  readonly shards: readonly string[];
}

/** A set, with a line about how it was chosen if that is not obvious. */
export interface ChosenSet {
  readonly set: WeightSet;
  readonly note: string | undefined;
}

/** PEFT's name of an adapter's weights. */
const ADAPTER = 'adapter_model';

/** Meta's names for a model that is cut for several GPUs: each file has a part of every matrix. */
const PARALLEL_PART = /^consolidated\.\d\d$/;

/** Indexes that are read to find out what belongs together; a model has one, or one per variant. */
const MAX_INDEXES = 100;

/** Files that are looked into at once. */
const HEADS_AT_ONCE = 16;

interface FolderOptions {
  readonly maxIndexBytes?: number;
  /** Names that count as weights whatever the files hold: what is wrong with them is said when they are read. */
  readonly named?: ReadonlySet<string>;
}

export async function readWeightFolder(
  path: string,
  { maxIndexBytes = MAX_INDEX_BYTES, named = new Set() }: FolderOptions = {},
): Promise<WeightFolder> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter(entry => !entry.isDirectory()).map(({ name }) => name);
  const weights = await inParallel(names, HEADS_AT_ONCE, async name => {
    const said = parseWeightName(name);
    const counts = said && (named.has(name) || isTelling(said) || (await isWeightFile(join(path, name))));
    return counts ? [{ name, ...said }] : [];
  });
  const sets = weightSets(weights.flat());
  let listings: Promise<readonly Listing[]> | undefined;
  return {
    path,
    names: names.sort(),
    sets,
    maxIndexBytes,
    listings: () => (listings ??= readListings(path, sets, maxIndexBytes)),
  };
}

/** Reads one after another, as each may be long. */
async function readListings(path: string, sets: readonly WeightSet[], most: number): Promise<Listing[]> {
  const listings: Listing[] = [];
  for (const index of sets.filter(({ kind }) => kind === 'index').slice(0, MAX_INDEXES)) {
    const read = await readShardIndex(join(path, index.entry), most).catch(() => undefined);
    listings.push({ index, shards: read?.shards ?? [] });
  }
  return listings;
}

/** Whether a file is weights by its first bytes. */
const isWeightFile = async (file: string): Promise<boolean> =>
  (await contentFormat(file).catch(() => undefined)) !== undefined;

function weightSets(weights: readonly (WeightName & { readonly name: string })[]): WeightSet[] {
  return [...groupBy(weights, ({ set }) => set).values()].map(files => {
    const sorted = files.sort((a, b) => a.number - b.number);
    const [{ kind, format, stem, name, count }] = sorted as [(typeof sorted)[number]];
    // shard 1 of 1 is a standalone file
    return {
      kind: kind === 'shard' && count === 1 ? 'file' : kind,
      format,
      stem,
      entry: name,
      files: sorted.map(file => file.name),
      count,
    };
  });
}

/**
 * The weights that a folder stands for, with transformers' precedence: a single file before an index before shards.
 * @returns undefined if there are none
 * @throws UserError naming what to choose from
 */
export async function mainSet(folder: WeightFolder): Promise<ChosenSet | undefined> {
  const { path, sets } = folder;
  const standard = sets.filter(({ stem }) => standardRank(stem) >= 0);
  const [first] = [...standard].sort(
    (a, b) => formatRank(a) - formatRank(b) || standardRank(a.stem) - standardRank(b.stem),
  );
  if (first)
    return ofOneStem(
      folder,
      sets.filter(({ stem, format }) => stem === first.stem && format === first.format),
    );
  const adapter = sets.find(({ stem }) => stem === ADAPTER);
  if (adapter) return { set: adapter, note: undefined };
  const indexes = sets.filter(({ kind }) => kind === 'index');
  const isListed = ({ kind, stem }: WeightSet) =>
    kind === 'shard' && indexes.some(index => index.stem === stem);
  const own = sets.filter(set => !isListed(set));
  const [only, second] = indexes.length === 1 && !own.some(({ kind }) => kind === 'shard') ? indexes : own;
  if (only) refuseParts(folder, only);
  if (second) throw ambiguous(path, own);
  return only && { set: only, note: undefined };
}

/** @throws UserError for a part of a model that is cut for several GPUs */
function refuseParts({ path, sets }: WeightFolder, { stem }: WeightSet): void {
  const parts = sets.filter(set => PARALLEL_PART.test(set.stem));
  if (parts.length > 1 && PARALLEL_PART.test(stem))
    throw new UserError(
      `${path}: ${listed(parts.map(({ entry }) => entry))} are one model, its matrices cut for ${parts.length} GPUs; convert it with transformers' convert_llama_weights_to_hf.py`,
    );
}

/** A stale index beside a file is common; an index that lists the file among others is not stale. */
async function ofOneStem(folder: WeightFolder, sets: readonly WeightSet[]): Promise<ChosenSet> {
  const file = sets.find(({ kind }) => kind === 'file');
  const index = sets.find(({ kind }) => kind === 'index');
  if (file) {
    const listing = (await listingsOf(folder, file)).find(({ shards }) => shards.length > 1);
    if (listing) return { set: listing.index, note: undefined };
    const other = index ?? sets.find(set => set !== file);
    const note = `${join(folder.path, file.entry)}: read alone; ${other?.entry} beside it belongs to other weights`;
    return { set: file, note: other && note };
  }
  const [only, second] = index ? [index] : sets;
  if (second || !only) throw ambiguous(folder.path, sets);
  return { set: only, note: undefined };
}

/** The set that a file is, or is part of. @throws UserError for a part of a model that is cut for several GPUs */
export async function setOf(folder: WeightFolder, name: string): Promise<ChosenSet> {
  const own = folder.sets.find(({ files }) => files.includes(name)) as WeightSet;
  refuseParts(folder, own);
  const [listing] = own.kind === 'index' ? [] : await listingsOf(folder, own);
  const set = listing?.index ?? own;
  const { kind, number, count } = parseWeightName(name) as WeightName;
  if (own.kind === 'index' || Math.max(count, listing?.shards.length ?? 1) === 1)
    return { set, note: undefined };
  const part = kind === 'shard' ? `${number} of ${count} shards` : 'one of several files';
  const where = listing ? ` that ${set.entry} lists` : '';
  return { set, note: `${join(folder.path, name)}: ${part}${where}; the whole model is read` };
}

/** Indexes that list a file of the set. */
async function listingsOf(folder: WeightFolder, { files }: WeightSet): Promise<Listing[]> {
  const paths = files.map(file => join(folder.path, file));
  return (await folder.listings()).filter(({ shards }) => paths.some(path => shards.includes(path)));
}

/** The sets that files are, or are part of. */
export async function setsWith(folder: WeightFolder, names: ReadonlySet<string>): Promise<WeightSet[]> {
  const given = folder.sets.filter(({ files }) => files.some(file => names.has(file)));
  const chosen = await Promise.all(given.map(({ entry }) => setOf(folder, entry)));
  return [...new Set(chosen.map(({ set }) => set))];
}

/** Whether a set is what its folder stands for, with the config and the tokenizer there. */
export async function ownsFolder(folder: WeightFolder, set: WeightSet): Promise<boolean> {
  const named =
    isStandardStem(set.stem) ||
    set.stem === ADAPTER ||
    (set.kind !== 'file' && folder.names.includes('config.json'));
  return named && (await mainSet(folder).catch(() => undefined))?.set === set;
}

function ambiguous(folder: string, sets: readonly WeightSet[]): UserError {
  const what = sets.every(({ kind }) => kind === 'file') ? 'weight files' : 'sets of weights';
  const names = listed(sets.map(({ entry }) => entry));
  return new UserError(`${folder}: ${sets.length} ${what} (${names}); name one of them`);
}
