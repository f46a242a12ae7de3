import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Dtype } from '../dtype.ts';
import { readExactly } from '../readExactly.ts';
import type { SafetensorsHeader, TensorEntry } from '../safetensors/safetensors.ts';
import { UserError } from '../../shared/errors.ts';
import { HEADER_HASH_KEY, HEADER_HASH_PLACEHOLDER, isReserved } from './layout.ts';

export const fault = (file: string, what: string) => new UserError(`${file}: not a valid .tvq file: ${what}`);

/** A reserved tensor that is not part of a vector. */
export interface TvqExtra {
  readonly entry: TensorEntry;
  /** XXH64 of its bytes, 16 hex digits. */
  readonly checksum: string;
}

/** Hands out the file's tensors, each once, checks their form, and reads the small ones. */
export class PartReader {
  readonly #entries: Map<string, TensorEntry>;
  #hash = createHash('sha256');

  private constructor(
    private readonly header: SafetensorsHeader,
    private readonly handle: FileHandle,
  ) {
    this.#entries = new Map(header.tensors.map(entry => [entry.name, entry]));
  }

  /** Opens the file and checks the header's own hash. */
  static async open(header: SafetensorsHeader): Promise<PartReader> {
    const handle = await open(header.file, 'r');
    try {
      const bytes = Buffer.alloc(header.dataOffset);
      await readExactly(handle, bytes, 0, header.file);
      const stated = header.metadata[HEADER_HASH_KEY] ?? '';
      const at = bytes.indexOf(stated);
      if (stated.length === HEADER_HASH_PLACEHOLDER.length && at >= 0)
        bytes.write(HEADER_HASH_PLACEHOLDER, at);
      if (createHash('sha256').update(bytes).digest('hex') !== stated) {
        throw fault(header.file, 'its header is damaged (its SHA-256 does not match)');
      }
      return new PartReader(header, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  take(name: string, dtype: Dtype, shape: readonly number[]): TensorEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw fault(this.header.file, `"${name}" is missing`);
    this.#entries.delete(name);
    if (entry.dtype !== dtype || entry.shape.join() !== shape.join()) {
      throw fault(
        this.header.file,
        `"${name}" is ${entry.dtype} [${entry.shape.join(', ')}], ${dtype} [${shape.join(', ')}] was expected`,
      );
    }
    return entry;
  }

  /** An array of bytes of any length. */
  takeBytes(name: string): TensorEntry {
    return this.take(name, 'U8', [this.#entries.get(name)?.bytes ?? 0]);
  }

  /** A tensor of any dtype and shape; undefined if there is none of that name. */
  takeAny(name: string): TensorEntry | undefined {
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    return entry;
  }

  /** Length of a list of numbers that has not been taken yet. */
  lengthOf(name: string): number {
    return this.#entries.get(name)?.shape[0] ?? 0;
  }

  async read(name: string, dtype: Dtype, shape: readonly number[]): Promise<DataView> {
    const content = await this.#content(this.take(name, dtype, shape));
    return new DataView(content.buffer, content.byteOffset, content.length);
  }

  /** @param shape the expected one; any if omitted */
  readBytes(name: string, shape?: readonly number[]): Promise<Uint8Array> {
    return this.#content(shape ? this.take(name, 'U8', shape) : this.takeBytes(name));
  }

  async #content({ offset, bytes }: TensorEntry): Promise<Uint8Array> {
    const content = new Uint8Array(bytes);
    await readExactly(this.handle, content, offset, this.header.file);
    this.#hash.update(content);
    return content;
  }

  /** Checks what was read since the last call. */
  checkHash(stated: string, what: string): void {
    if (this.#hash.digest('hex') !== stated)
      throw fault(this.header.file, `${what} are damaged (their SHA-256 does not match)`);
    this.#hash = createHash('sha256');
  }

  /** Takes the reserved tensors with their checksums; nothing else may be left. */
  takeExtras(listed: readonly (readonly [name: string, checksum: string])[]): TvqExtra[] {
    const extras = listed.map(([name, checksum]) => ({ entry: this.takeBytes(name), checksum }));
    const odd = extras.find(({ entry }) => !isReserved(entry.name))?.entry.name;
    const [unknown] = this.#entries.keys();
    const stray = odd ?? unknown;
    if (stray !== undefined) throw fault(this.header.file, `"${stray}" belongs to no vector`);
    return extras;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
