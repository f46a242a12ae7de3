import {
  alignedDataOffset,
  serializeHeader,
  type TensorEntry,
} from '../../../formats/safetensors/safetensors.ts';
import { INDEX_FILE, modelFileName } from '../../../formats/safetensors/names.ts';
import { checkpointHeaderBytes } from '../../../formats/safetensors/writer.ts';
import { PLAIN, type WeightsMetadata } from '../../../formats/safetensors/weightsMetadata.ts';

/** A tensor before it has a place in a file. */
export type UnplacedTensor = Omit<TensorEntry, 'offset'>;

/** A tensor of the model, and what is stored of it where that is more than one tensor: its scales and its codes. */
export interface ShardTensor extends UnplacedTensor {
  /** In the order of its bytes. */
  readonly parts?: readonly UnplacedTensor[] | undefined;
}

/** One weight file, known to the byte before it is written; between its tensors, and behind them, are zeros. */
export interface Shard {
  /** File name in transformers' scheme. */
  readonly name: string;
  /** Number of its first tensor among those of the model. */
  readonly first: number;
  /** Those of the model, with their final offsets. */
  readonly tensors: readonly TensorEntry[];
  /** Names of what it stores, as they stand in the index of several files. */
  readonly stored: readonly string[];
  /** The bytes in front of its data. */
  readonly header: () => Uint8Array;
  /** Where the data begins. */
  readonly dataOffset: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/**
 * Splits tensors into weight files as huggingface_hub does: in order, a file is closed when the next tensor would take
 * its data above the limit; a larger tensor gets its own file.
 * @param shardBytes bytes of tensor data in a file
 * @param marks tensors of zeros at the end of the last file, which tell readers something by their names
 */
export function planShards(
  tensors: readonly ShardTensor[],
  shardBytes: number,
  metadata: WeightsMetadata = PLAIN,
  marks: readonly UnplacedTensor[] = [],
): Shard[] {
  const groups: ShardTensor[][] = [];
  let filled = 0;
  for (const tensor of tensors) {
    const group = groups.at(-1);
    if (group && filled + tensor.bytes <= shardBytes) {
      group.push(tensor);
      filled += tensor.bytes;
    } else {
      groups.push([tensor]);
      filled = tensor.bytes;
    }
  }
  let first = 0;
  return groups.map((group, s) => {
    const isLast = s === groups.length - 1;
    const shard = placeShard(modelFileName(s, groups.length), first, group, metadata, isLast ? marks : []);
    first += group.length;
    return shard;
  });
}

function placeShard(
  name: string,
  first: number,
  group: readonly ShardTensor[],
  metadata: WeightsMetadata,
  marks: readonly UnplacedTensor[],
): Shard {
  const stored = [...group.flatMap(tensor => tensor.parts ?? [tensor]), ...marks];
  const dataOffset = alignedDataOffset(checkpointHeaderBytes(metadata, stored));
  const [tensors, entries] = [placed(group, dataOffset), placed(stored, dataOffset)];
  return {
    name,
    first,
    tensors,
    stored: entries.map(entry => entry.name),
    header: () => serializeHeader(metadata, entries, dataOffset),
    dataOffset,
    bytes: dataOffset + stored.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** One after another. */
function placed(tensors: readonly UnplacedTensor[], begin: number): TensorEntry[] {
  let offset = begin;
  return tensors.map(({ name, dtype, shape, bytes }) => {
    const entry = { name, dtype, shape, bytes, offset };
    offset += bytes;
    return entry;
  });
}

/** Name and text of the shard index; undefined for a single shard, which has none. */
export function shardIndex(
  shards: readonly Shard[],
): { readonly name: string; readonly text: string } | undefined {
  if (shards.length < 2) return undefined;
  const total = shards.reduce((sum, { bytes, dataOffset }) => sum + bytes - dataOffset, 0);
  const places = shards.flatMap(({ name, stored }) => stored.map(tensor => [tensor, name] as const));
  const index = {
    metadata: { total_size: total },
    weight_map: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { name: INDEX_FILE, text: JSON.stringify(index, undefined, 2) + '\n' };
}
