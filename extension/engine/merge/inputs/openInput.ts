import type { MergeRecipe } from '../../../protocol/recipes.ts';
import { fineTuned, type Checkpoint } from '../../../formats/checkpoint.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import { tensorBytes } from '../../../formats/dtype.ts';
import type { FileStamp } from '../../../files/fileStamp.ts';
import { isAdded, isCoded } from '../../../formats/tvq/codecNature.ts';
import { isTvq } from '../../../formats/tvq/names.ts';
import { openTvq, type TvqFile, type TvqRecord, type TvqVector } from '../../../formats/tvq/reader.ts';
import { taskNamed } from '../../../formats/tvq/task.ts';
import { openNamed } from '../../match/openNamed.ts';
import type { InputTensor } from '../../tensors/inputTensor.ts';

/** An opened input. */
export type OpenInput =
  | { readonly kind: 'checkpoint'; readonly name: string; readonly checkpoint: Checkpoint }
  | {
      readonly kind: 'tvq';
      readonly name: string;
      readonly file: TvqFile;
      readonly task: string;
      readonly records: ReadonlyMap<string, TvqRecord>;
      /** What the task's checkpoint has. */
      readonly tensors: ReadonlyMap<string, Pick<TensorSource, 'shape' | 'dtype' | 'bytes'>>;
      readonly shared: ReadonlyMap<string, TvqRecord>;
      /** XXH64 of the base's tensors that the file was made from. */
      readonly baseChecksums: ReadonlyMap<string, string>;
    };

/** Reads an input's headers. */
export async function openInput({ name, path, task }: MergeRecipe['inputs'][number]): Promise<OpenInput> {
  if (!isTvq(path)) return { kind: 'checkpoint', name, checkpoint: fineTuned(await openNamed(path)) };
  const file = await openTvq(path);
  return tvqInput(file, taskNamed(file, task), name);
}

/** A task of a .tvq file, or its shared vector, as an input. */
export function tvqInput(file: TvqFile, vector: TvqVector, name = vector.name): OpenInput {
  const byName = (records: readonly TvqRecord[]) => new Map(records.map(record => [record.tensor, record]));
  return {
    kind: 'tvq',
    name,
    file,
    task: vector.name,
    records: byName(vector.records),
    tensors: new Map(
      vector.records.flatMap(({ tensor, dtype, shape, codec }) =>
        codec.codec === 'absent' ? [] : [[tensor, { dtype, shape, bytes: tensorBytes(dtype, shape) }]],
      ),
    ),
    shared: byName(vector === file.shared ? [] : (file.shared?.records ?? [])),
    // Whole weights do not depend on the base they are merged with.
    baseChecksums: new Map(
      file.scheme.scheme === 'fq'
        ? []
        : file.base.tensors.map(({ name: tensor, checksum }) => [tensor, checksum]),
    ),
  };
}

/** Names, shapes, dtypes and bytes of an input's tensors. */
export const tensorsOf = (
  input: OpenInput,
): ReadonlyMap<string, Pick<TensorSource, 'shape' | 'dtype' | 'bytes'>> =>
  input.kind === 'checkpoint' ? input.checkpoint.tensors : input.tensors;

/** An input's version of a tensor. */
export function tensorOf(input: OpenInput, tensor: string): InputTensor | undefined {
  if (input.kind === 'checkpoint') {
    const source = input.checkpoint.tensors.get(tensor);
    return source && { kind: 'checkpoint', source };
  }
  const record = input.records.get(tensor);
  if (!record || record.codec.codec === 'absent') return undefined;
  const shared = input.shared.get(tensor);
  return {
    kind: 'tvq',
    file: input.file.path,
    task: input.task,
    record,
    shared: isAdded(record.codec) && shared && isCoded(shared.codec) ? shared : undefined,
    whole: input.file.scheme.scheme === 'fq',
  };
}

export const stampsOf = (input: OpenInput): readonly FileStamp[] =>
  input.kind === 'tvq' ? [input.file.stamp] : input.checkpoint.stamps;
