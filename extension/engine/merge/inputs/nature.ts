/** Facts about a model besides its tensors' names and shapes. */
import type { Checkpoint } from '../../../formats/checkpoint.ts';
import { readModelConfig } from '../../match/modelConfig.ts';
import { quantizedFault } from '../../match/quantizedWeights.ts';
import { headAndEmbedding, sameBytes, storesEmbeddingAsHead } from '../../../formats/names/tiedHead.ts';
import { payloadSource } from '../../codecs/payload.ts';
import { taskModelConfig } from '../../restore/taskConfig.ts';
import type { OpenInput } from './openInput.ts';

export interface Nature {
  /** Whether its head is its embedding; undefined if unknown. */
  readonly tied: boolean | undefined;
  readonly saysTied: boolean;
  /** Why nothing can be computed with it. */
  readonly fault: string | undefined;
}

export async function natureOf(checkpoint: Checkpoint): Promise<Nature> {
  const config = await readModelConfig(checkpoint);
  return {
    tied: config.tied ?? (await storesEmbeddingAsHead(checkpoint.tensors)),
    saysTied: config.tied === true,
    fault: quantizedFault(checkpoint, config),
  };
}

type TaskInput = Extract<OpenInput, { readonly kind: 'tvq' }>;

/**
 * Whether the head of a task in a .tvq file is its embedding; undefined if unknown.
 * @param baseTied whether the base's is
 */
export async function taskTie(
  input: TaskInput,
  base: Checkpoint | undefined,
  baseTied: boolean | undefined,
): Promise<boolean | undefined> {
  const { tied } = await taskModelConfig(input.file, input.task, base);
  return tied ?? storedTie(input, baseTied);
}

/** Judged by what is stored: codes, whose values are lost, are tied if they and their references are equal. */
async function storedTie(
  { file, records, tensors }: TaskInput,
  baseTied: boolean | undefined,
): Promise<boolean | undefined> {
  const [head, embedding] = headAndEmbedding(tensors)?.map(name => records.get(name)) ?? [];
  if (!head || !embedding) return undefined;
  const { codec } = head.codec;
  const alike = [head, embedding].map(one => JSON.stringify([one.codec, one.scales]));
  if (alike[0] !== alike[1]) return undefined;
  const same =
    !head.payload ||
    !embedding.payload ||
    (await sameBytes(payloadSource(file.path, head), payloadSource(file.path, embedding)));
  if (codec === 'exact') return same;
  const reference = file.scheme.scheme === 'fq' ? true : baseTied;
  return same ? reference : undefined;
}
