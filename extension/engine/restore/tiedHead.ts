/** A head that is the embedding: quantized apart they came to differ, and no loader reads but one of them. */
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { headAndEmbedding } from '../../formats/names/tiedHead.ts';
import type { TvqFile, TvqRecord, TvqVector } from '../../formats/tvq/reader.ts';
import { taskModelConfig } from './taskConfig.ts';

/**
 * A task's records by the tensor that is written of each: of a head that its config says is the embedding, the
 * embedding's, but where both are stored as they were.
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
