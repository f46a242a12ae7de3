/** A tied head: quantized separately, head and embedding would differ, and loaders read only one of them. */
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { headAndEmbedding } from '../../formats/names/tiedHead.ts';
import type { TvqFile, TvqRecord, TvqVector } from '../../formats/tvq/reader.ts';
import { taskModelConfig } from './taskConfig.ts';

/**
 * A task's records by the tensor written from each: for a head that is tied according to the config, the embedding's,
 * unless both are stored exactly.
 */
export async function recordsToWrite(
  file: TvqFile,
  { name: task, records }: TvqVector,
  base: Checkpoint | undefined,
): Promise<ReadonlyMap<string, TvqRecord>> {
  const stored = new Map(
    records.filter(({ codec }) => codec.codec !== 'absent').map(record => [record.tensor, record]),
  );
  const [head, embedding] = headAndEmbedding(stored)?.map(tensor => stored.get(tensor)) ?? [];
  if (!head || !embedding || head.dtype !== embedding.dtype || (isAsItWas(head) && isAsItWas(embedding)))
    return stored;
  const { tied } = await taskModelConfig(file, task, base);
  return tied ? stored.set(head.tensor, embedding) : stored;
}

const isAsItWas = ({ codec: { codec } }: TvqRecord): boolean => codec === 'exact' || codec === 'same';
