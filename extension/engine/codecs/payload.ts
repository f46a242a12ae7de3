import { elementCount } from '../../formats/dtype.ts';
import type { TensorEntry, TensorSource } from '../../formats/safetensors/safetensors.ts';
import { UserError } from '../../shared/errors.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';

/** A record's payload as a checkpoint tensor: exact payloads are the fine-tuned tensor itself. */
export const payloadSource = (file: string, { tensor, dtype, shape, payload }: TvqRecord) => ({
  ...(payload as TensorEntry),
  name: tensor,
  dtype,
  shape,
  file,
});

/** @throws UserError when a payload's bytes are not those that were written */
export function checkPayload(file: string, record: TvqRecord, vector: string, checksum: string): void {
  if (checksum !== record.checksum) throw damaged(file, record.tensor, vector);
}

/** @throws UserError when a tensor of a .tvq file has not the bytes that were written */
export function checkStored({ file, name, stored }: TensorSource, checksum: string | undefined): void {
  if (stored && checksum !== stored.checksum) throw damaged(file, name, stored.vector);
}

const damaged = (file: string, tensor: string, vector: string) =>
  new UserError(
    `${file}: tensor "${tensor}" of "${vector}" is damaged (its checksum does not match); get the file again`,
  );

/** Of `count` elements from `first` on, as many as reach the end of a rotated block, or of the tensor. */
export function wholeBlocks({ shape }: TvqRecord, first: number, count: number, block: number): number {
  return Math.min(Math.ceil((first + count) / block) * block, elementCount(shape)) - first;
}
