import { elementCount } from '../../formats/dtype.ts';
import type { TensorEntry } from '../../formats/safetensors/safetensors.ts';
import { rangeOf, type RangeSource, type TensorSource } from '../../formats/tensorSource.ts';
import { UserError } from '../../shared/errors.ts';
import { OrderedHash } from '../tensors/orderedHash.ts';
import type { TvqRecord } from '../../formats/tvq/reader.ts';
import type { ItemContext } from '../scheduler/item.ts';
import type { Reading } from './codec.ts';

/** A record's payload as a checkpoint tensor: exact payloads are the fine-tuned tensor itself. */
export const payloadSource = (file: string, { tensor, dtype, shape, payload }: TvqRecord): RangeSource =>
  rangeOf(file, { ...(payload as TensorEntry), name: tensor, dtype, shape });

/** @throws UserError when a payload's bytes are not those that were written */
export function checkPayload(file: string, record: TvqRecord, vector: string, checksum: string): void {
  if (checksum !== record.checksum) throw damaged(file, record.tensor, vector);
}

/** @throws UserError when a tensor of a .tvq file has not the bytes that were written */
export function checkStored({ file, name, stored }: TensorSource, checksum: string | undefined): void {
  if (stored && checksum !== stored.checksum) throw damaged(file, name, stored.vector);
}

const damaged = (file: string, tensor: string, vector: string, why = 'its checksum does not match') =>
  new UserError(`${file}: tensor "${tensor}" of "${vector}" is damaged (${why}); get the file again`);

/** A record's payload, read piece by piece, and hashed as long as the pieces are consecutive. */
export class Payload {
  readonly bytes: number;
  readonly #offset: number;
  readonly #hash = new OrderedHash();

  constructor(private readonly reading: Pick<Reading, 'file' | 'record' | 'vector'>) {
    const { offset, bytes } = reading.record.payload as TensorEntry;
    this.bytes = bytes;
    this.#offset = offset;
  }

  /** Fills `view` with the bytes from `begin` on. */
  async read({ files, kernels }: ItemContext, view: Uint8Array, begin: number): Promise<void> {
    await files.read(this.reading.file, view, this.#offset + begin);
    this.#hash.update(kernels, view, begin);
  }

  /** Counts bytes that were read when their turn had not come. */
  hash({ kernels }: ItemContext, bytes: Uint8Array, begin: number): void {
    this.#hash.update(kernels, bytes, begin);
  }

  /** After all of it was read: @throws UserError when the bytes are not those that were written */
  check({ kernels }: ItemContext): void {
    const { file, record, vector } = this.reading;
    checkPayload(file, record, vector, this.#hash.digest(kernels));
  }

  /** The error for bytes that are not valid. */
  damaged(why: string): UserError {
    const { file, record, vector } = this.reading;
    return damaged(file, record.tensor, vector, why);
  }
}

/** Of `count` elements from `first` on, as many as reach the end of a rotated block, or of the tensor. */
export function wholeBlocks({ shape }: TvqRecord, first: number, count: number, block: number): number {
  return Math.min(Math.ceil((first + count) / block) * block, elementCount(shape)) - first;
}
