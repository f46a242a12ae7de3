import { AtomicFile, type OutputOptions } from '../../files/atomic.ts';
import { alignedDataOffset, headerJsonBytes, type TensorEntry } from './safetensors.ts';
import type { WeightsMetadata } from './weightsMetadata.ts';

/**
 * Writes a safetensors file in one pass: room for the header is reserved at the front, tensors are appended as they
 * come, the header is filled in last (it can depend on the data) and padded with spaces.
 */
export class SafetensorsWriter {
  readonly #tensors: TensorEntry[] = [];
  /** Whether the last tensor grows with each append. */
  #open = false;

  private constructor(
    private readonly file: AtomicFile,
    private readonly dataOffset: number,
  ) {}

  /** @param headerBytes upper bound of the header's JSON */
  static async create(
    target: string,
    { headerBytes, ...options }: OutputOptions & { readonly headerBytes: number },
  ): Promise<SafetensorsWriter> {
    const start = alignedDataOffset(headerBytes);
    return new SafetensorsWriter(await AtomicFile.create(target, { ...options, start }), start);
  }

  /** What was found of an earlier run, one sentence each. */
  get notes(): readonly string[] {
    return this.file.notes;
  }

  get bytes(): number {
    return this.file.position;
  }

  /** Announces a tensor; its bytes follow through `append`. Returns their position in the file. */
  begin(tensor: Pick<TensorEntry, 'name' | 'dtype' | 'shape' | 'bytes'>): number {
    this.#checkFilled();
    const offset = this.file.position;
    this.#tensors.push({ ...tensor, offset });
    return offset;
  }

  /** Announces an array of bytes that ends where the next tensor begins. */
  beginBytes(name: string): void {
    this.begin({ name, dtype: 'U8', shape: [], bytes: 0 });
    this.#open = true;
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.file.append(bytes);
  }

  /** The next bytes go to an earlier position of the array announced last. */
  rewind(position: number): Promise<void> {
    return this.file.rewind(position);
  }

  /** Replaces bytes already appended or still to come; used for arrays whose content is known only at the end. */
  writeAt(bytes: Uint8Array, position: number): Promise<void> {
    return this.file.writeAt(bytes, position);
  }

  /**
   * Writes the header that `makeHeader` builds (as long as `dataOffset`), then gives the file its name.
   * @returns the path that the file has
   */
  async commit(
    makeHeader: (tensors: readonly TensorEntry[], dataOffset: number) => Uint8Array,
  ): Promise<string> {
    this.#checkFilled();
    await this.file.writeAt(makeHeader(this.#tensors, this.dataOffset), 0);
    return this.file.commit();
  }

  discard(): Promise<void> {
    return this.file.discard();
  }

  #checkFilled(): void {
    const last = this.#tensors.at(-1);
    if (last && this.#open) {
      const bytes = this.file.position - last.offset;
      this.#tensors.splice(-1, 1, { ...last, shape: [bytes], bytes });
      this.#open = false;
      return;
    }
    if (last && last.offset + last.bytes !== this.file.position) {
      throw new Error(
        `${last.name}: ${this.file.position - last.offset} of ${last.bytes} bytes were written`,
      );
    }
  }
}

/** JSON bytes of a checkpoint's header, for tensors in the order in which they will be written. */
export function checkpointHeaderBytes(
  metadata: WeightsMetadata,
  tensors: readonly Omit<TensorEntry, 'offset'>[],
): number {
  let offset = 0;
  const placed = tensors.map(tensor => {
    const entry = { ...tensor, offset };
    offset += tensor.bytes;
    return entry;
  });
  return headerJsonBytes(metadata, placed);
}
