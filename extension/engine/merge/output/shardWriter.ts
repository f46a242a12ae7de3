import { createHash, type Hash } from 'node:crypto';
import { basename, join } from 'node:path';
import { AtomicFile, type OutputOptions } from '../../../files/atomic.ts';
import type { Shard } from './shards.ts';
import type { WrittenFile } from './writtenFile.ts';

/** Writes one shard from front to back and hashes it on the way; it has its name only once it is complete. */
export class ShardWriter {
  #hash = createHash('sha256');
  #begun = 0;
  /** The state when the last tensor began. */
  #before: { readonly position: number; readonly hash: Hash } | undefined;
  /** Where the data of the tensors begun so far ends. */
  #end: number;

  private constructor(
    readonly shard: Shard,
    private readonly file: AtomicFile,
  ) {
    this.#end = shard.dataOffset;
  }

  static async create(folder: string, shard: Shard, options: OutputOptions): Promise<ShardWriter> {
    const file = await AtomicFile.create(join(folder, shard.name), { ...options, start: 0 });
    const writer = new ShardWriter(shard, file);
    await writer.#write(shard.header());
    return writer;
  }

  /** What was found of an earlier run, a sentence each. */
  get notes(): readonly string[] {
    return this.file.notes;
  }

  /** The next tensor's bytes follow. */
  async begin(): Promise<void> {
    const { offset, bytes } = this.shard.tensors[this.#begun] ?? { offset: this.#end, bytes: 0 };
    await this.#fillUp(offset);
    this.#begun++;
    this.#before = { position: offset, hash: this.#hash.copy() };
    this.#end = offset + bytes;
  }

  /** Zeros up to a position, behind a tensor that is complete. */
  async #fillUp(position: number): Promise<void> {
    if (this.file.position !== this.#end) throw this.#miscounted();
    if (position > this.#end) await this.#write(new Uint8Array(position - this.#end));
    this.#end = position;
  }

  /** The bytes of the last begun tensor follow again, from the start. */
  async beginAgain(): Promise<void> {
    if (!this.#before) throw new Error(`${this.shard.name}: no tensor was begun`);
    const { position, hash } = this.#before;
    await this.file.rewind(position);
    this.#hash = hash.copy();
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.file.position + bytes.length > this.#end) throw this.#miscounted(bytes.length);
    await this.#write(bytes);
  }

  /** The disk writes while this thread hashes. */
  async #write(bytes: Uint8Array): Promise<void> {
    const written = this.file.append(bytes);
    this.#hash.update(bytes);
    await written;
  }

  async commit(): Promise<WrittenFile> {
    await this.#fillUp(this.shard.bytes);
    const path = await this.file.commit();
    return { name: basename(path), bytes: this.shard.bytes, sha256: this.#hash.digest('hex') };
  }

  /** Removes what was written; harmless after a commit. */
  discard(): Promise<void> {
    return this.file.discard();
  }

  #miscounted(more = 0): Error {
    const tensor = this.shard.tensors[this.#begun - 1];
    const found = this.file.position + more - (tensor?.offset ?? this.shard.dataOffset);
    return new Error(
      `${tensor?.name ?? this.shard.name}: ${found} of ${tensor?.bytes ?? 0} bytes were written`,
    );
  }
}
