import { dirname, join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { shortened } from '../../shared/shortened.ts';
import { DOWNLOAD_AGAIN, FOREIGN_HEAD_BYTES, markup } from '../foreignContent.ts';
import { isObject, readPythonJson } from '../json/jsonText.ts';
import { readText } from '../smallFile.ts';
import { parseWeightName } from './weightNames.ts';

/** Caps of huggingface.js: an index is plain JSON that anyone may write. */
export const MAX_INDEX_BYTES = 250_000_000;
const MAX_INDEX_ENTRIES = 200_000;
const MAX_SHARDS = 10_000;

/** A Hugging Face shard index: which file holds which tensor. */
export interface ShardIndex {
  readonly file: string;
  /** Tensor name → absolute path of its shard. */
  readonly tensors: ReadonlyMap<string, string>;
  /** Absolute paths, each once, sorted. */
  readonly shards: readonly string[];
}

/** Reads the index of a model's weight files. @throws UserError naming the file and the fault. */
export async function readShardIndex(file: string, most = MAX_INDEX_BYTES): Promise<ShardIndex> {
  const wrong = (what: string) => new UserError(`${file}: not a valid shard index: ${what}`);
  const text = await readText(file, most);
  if (text.trim() === '') throw wrong('it is empty; was the download finished?');
  const page = markup(Buffer.from(text.slice(0, FOREIGN_HEAD_BYTES)));
  if (page !== undefined) throw wrong(`it is ${page}; ${DOWNLOAD_AGAIN}`);
  const read = readPythonJson(text);
  if ('wrong' in read) throw wrong(`${read.wrong}; ${DOWNLOAD_AGAIN}`);
  const { weight_map: map, error } = isObject(read.value) ? read.value : {};
  if (!isObject(map)) {
    const said =
      typeof error === 'string' ? `, but a server's message (${JSON.stringify(shortened(error, 80))})` : '';
    throw wrong(`it has no weight_map${said}; ${DOWNLOAD_AGAIN}`);
  }
  const entries = Object.entries(map);
  if (entries.length === 0) throw wrong('its weight_map is empty');
  if (entries.length > MAX_INDEX_ENTRIES) throw wrong(`it lists more than ${MAX_INDEX_ENTRIES} tensors`);
  const tensors = new Map<string, string>();
  for (const [tensor, shard] of entries) {
    if (typeof shard !== 'string' || !isPlainFileName(shard)) {
      throw wrong(
        `tensor ${JSON.stringify(tensor)} is said to be in ${JSON.stringify(shard)}, a file name was expected`,
      );
    }
    tensors.set(tensor, join(dirname(file), shard));
  }
  const shards = [...new Set(tensors.values())].sort();
  if (shards.length > MAX_SHARDS) throw wrong(`it lists more than ${MAX_SHARDS} shards`);
  return { file, tensors, shards };
}

/** A shard lies beside its index: a path could point a reader anywhere on the disk. */
function isPlainFileName(name: string): boolean {
  const said = /[/\\:]/.test(name) ? undefined : parseWeightName(name);
  return said !== undefined && said.kind !== 'index';
}
