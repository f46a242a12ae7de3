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

/** One weight file of a model folder, known to the byte before it is written. */
export interface Shard {
  /** File name in transformers' scheme. */
  readonly name: string;
  /** Number of its first tensor among those of the model. */
  readonly first: number;
  /** With their final offsets. */
  readonly tensors: readonly TensorEntry[];
  /** Of its header. */
  readonly metadata: WeightsMetadata;
  /** Where the data begins. */
  readonly dataOffset: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/**
 * Splits tensors into weight files as huggingface_hub does: in order, a file is closed when the next tensor would take
 * its data above the limit; a larger tensor gets its own file.
 * @param shardBytes bytes of tensor data in a file
 */
export function planShards(
  tensors: readonly UnplacedTensor[],
  shardBytes: number,
  metadata: WeightsMetadata = PLAIN,
): Shard[] {
  const groups: UnplacedTensor[][] = [];
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
    const shard = placeShard(modelFileName(s, groups.length), first, group, metadata);
    first += group.length;
    return shard;
  });
}

function placeShard(
  name: string,
  first: number,
  group: readonly UnplacedTensor[],
  metadata: WeightsMetadata,
): Shard {
  const dataOffset = alignedDataOffset(checkpointHeaderBytes(metadata, group));
  let bytes = dataOffset;
  const tensors = group.map(tensor => {
    const entry = { ...tensor, offset: bytes };
    bytes += tensor.bytes;
    return entry;
  });
  return { name, first, tensors, metadata, dataOffset, bytes };
}

/** The bytes in front of a shard's data. */
export const shardHeader = ({ metadata, tensors, dataOffset }: Shard): Uint8Array =>
  serializeHeader(metadata, tensors, dataOffset);

/** Name and text of the shard index; undefined for a single shard, which has none. */
export function shardIndex(
  shards: readonly Shard[],
): { readonly name: string; readonly text: string } | undefined {
  if (shards.length < 2) return undefined;
  const total = shards.reduce((sum, { bytes, dataOffset }) => sum + bytes - dataOffset, 0);
  const places = shards.flatMap(({ name, tensors }) => tensors.map(tensor => [tensor.name, name] as const));
  const index = {
    metadata: { total_size: total },
    weight_map: Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return { name: INDEX_FILE, text: JSON.stringify(index, undefined, 2) + '\n' };
}
