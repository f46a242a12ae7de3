import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { publishFolder } from '../../atomic.ts';
import { Cancelled, describeSystemError } from '../../errors.ts';
import type { OutputLock } from '../../lock/outputLock.ts';
import { keptElsewhere } from '../../otherNames.ts';
import type { Companions } from './companions.ts';
import { JOURNAL, recoverShards, writeJournal, type Recovery } from './journal.ts';
import { clearPartial, partialsOf, removeAll, takePartial } from './partialFolder.ts';
import { shardIndex, type Shard, type UnplacedTensor } from './shards.ts';
import { ShardWriter } from './shardWriter.ts';
import { writeSmallFile, type WrittenFile } from './writtenFile.ts';

export interface ModelFolderOptions {
  /** The folder that will have the model. */
  readonly target: string;
  /** Replace a model that is there. */
  readonly overwrite: boolean;
  /** Take over finished shards of an interrupted run. */
  readonly resume: boolean;
  /** Equal for runs that write the same bytes: made of the recipe and of the inputs' fingerprints. */
  readonly fingerprint: string;
  readonly shards: readonly Shard[];
  /** Stops the check of finished shards. */
  readonly signal?: AbortSignal;
}

export interface CommitOptions {
  /** Writes config, tokenizer and the like that go with these tensors into a folder. */
  readonly companions?: (folder: string, tensors: readonly UnplacedTensor[]) => Promise<Companions>;
  /** Further small files by name, made when all others are written; they win over companions of the same name. */
  readonly files: (written: readonly WrittenFile[]) => Readonly<Record<string, string>>;
}

export interface CommittedFolder {
  /** Where it is: its target, or beside that what has another name. */
  readonly path: string;
  /** Everything in the folder: shards, index, companions, further files. */
  readonly files: readonly WrittenFile[];
  readonly warnings: readonly string[];
}

/** A Hugging Face model folder being written beside its target; an interrupted run can be continued shard by shard. */
export class ModelFolder {
  /** Tensors whose shard is complete: they must not be written again. */
  readonly finished: ReadonlySet<number>;
  readonly #complete: Map<string, WrittenFile>;
  /** Of the shard that was begun; a promise, so that what is just being created is discarded too. */
  #writer: Promise<ShardWriter> | undefined;
  #next = 0;
  #closed = false;

  private constructor(
    private readonly options: ModelFolderOptions,
    /** Where the folder is written. */
    readonly partial: string,
    private readonly lock: OutputLock,
    complete: ReadonlyMap<string, WrittenFile>,
    /** What was found of an earlier run, a sentence each. */
    readonly notes: readonly string[],
  ) {
    this.#complete = new Map(complete);
    const done = options.shards.filter(({ name }) => complete.has(name));
    this.finished = new Set(done.flatMap(({ first, tensors }) => tensors.map((_, i) => first + i)));
    this.#skipFinished();
  }

  /** @throws UserError when the target is there already, cannot be replaced, or is being written by another process */
  static async open(asked: ModelFolderOptions): Promise<ModelFolder> {
    const options = { ...asked, target: resolve(asked.target) };
    const { partial, lock, others } = await takePartial(options);
    try {
      const recovery = await recoverShards(partial, options.shards, options.signal);
      await clearPartial(partial, recovery.intact);
      await writeJournal(partial, [...recovery.intact.values()]);
      const notes = [...lock.notes, ...(options.resume ? resumeNotes(asked, recovery, others) : [])];
      return new ModelFolder(options, partial, lock, recovery.intact, notes);
    } catch (error) {
      await lock.release();
      throw error instanceof Cancelled ? error : describeSystemError(error, partial);
    }
  }

  /** The next tensor's bytes follow; tensors of unfinished shards come in order. */
  async begin(index: number): Promise<void> {
    if (index !== this.#next) throw new Error(`tensor ${index} came, ${this.#next} was expected`);
    this.#writer ??= ShardWriter.create(this.partial, this.#shardOf(index), {
      overwrite: true,
      lock: this.lock,
    });
    const writer = await this.#writer;
    writer.begin();
    this.#next++;
    await this.#closeComplete(writer);
  }

  /** The bytes of the tensor that was begun last follow again, from the first. */
  async beginAgain(): Promise<void> {
    const writer = await this.#writer;
    if (!writer) throw new Error('the tensor to be written again is complete');
    await writer.beginAgain();
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return; // an empty tensor's shard may be closed already
    const writer = await this.#writer;
    if (!writer) throw new Error(`${bytes.length} bytes came before a tensor was begun`);
    await writer.append(bytes);
    await this.#closeComplete(writer);
  }

  async #closeComplete(writer: ShardWriter): Promise<void> {
    if (!writer.complete) return;
    const file = await writer.commit();
    this.#writer = undefined;
    this.#complete.set(file.name, file);
    await writeJournal(this.partial, [...this.#complete.values()]);
    this.#skipFinished();
  }

  #skipFinished(): void {
    while (this.finished.has(this.#next)) this.#next++;
  }

  #shardOf(index: number): Shard {
    const shard = this.options.shards.find(({ first, tensors }) => index < first + tensors.length);
    if (!shard) throw new Error(`there is no tensor ${index}`);
    return shard;
  }

  /** Adds what belongs beside the weights and gives the folder its name, or another one when that is taken. */
  async commit({ companions, files }: CommitOptions): Promise<CommittedFolder> {
    const { target, overwrite, shards } = this.options;
    const written = shards.map(({ name }) => {
      const file = this.#complete.get(name);
      if (!file) throw new Error(`${name} is not complete`);
      return file;
    });
    const index = shardIndex(shards);
    const tensors = shards.flatMap(shard => shard.tensors);
    try {
      if (index) written.push(await writeSmallFile(this.partial, index.name, index.text));
      const copied = (await companions?.(this.partial, tensors)) ?? NONE;
      const more = files([...written, ...copied.files]);
      written.push(...copied.files.filter(({ name }) => !Object.hasOwn(more, name)));
      for (const [name, content] of Object.entries(more))
        written.push(await writeSmallFile(this.partial, name, content));
      const { path, notes } = await publishFolder(this.partial, this.lock, overwrite);
      await this.#tidyUp(path).catch(() => undefined); // the model is there: nothing more may fail
      const warnings = [...keptElsewhere(target, path), ...copied.warnings, ...notes];
      return { path, files: written, warnings };
    } catch (error) {
      throw describeSystemError(error, target);
    }
  }

  /** The journal and the lock go last, so that a run that dies while it commits can be resumed. */
  async #tidyUp(path: string): Promise<void> {
    const { target } = this.options;
    this.#closed = true;
    try {
      await rm(join(path, JOURNAL), { force: true });
      await removeAll(await partialsOf(target));
    } finally {
      await this.lock.release();
    }
  }

  /** Removes everything that was written; harmless after `commit` or `keep`. */
  async discard(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#discardWriter();
    await rm(this.partial, { recursive: true, force: true }).catch(() => undefined); // a later run does it
    await this.lock.release();
  }

  /**
   * Leaves the finished shards for a later run with `resume`, or nothing when there are none; harmless after `commit`.
   * @returns how many shards stay
   */
  async keep(): Promise<number> {
    if (this.#closed) return 0;
    if (this.#complete.size === 0) {
      await this.discard();
    } else {
      this.#closed = true;
      await this.#discardWriter();
      await this.lock.release();
    }
    return this.#complete.size;
  }

  async #discardWriter(): Promise<void> {
    const writer = await this.#writer?.catch(() => undefined); // whoever began the tensor is told
    await writer?.discard();
  }
}

const NONE: Companions = { files: [], warnings: [] };

function resumeNotes(
  { target, shards }: ModelFolderOptions,
  { intact, damaged }: Recovery,
  others: readonly string[],
): string[] {
  const notes = damaged.map(
    name => `${target}: ${name} was damaged after it had been written; it is made again`,
  );
  if (intact.size > 0) {
    notes.push(
      `${target}: ${intact.size} of ${shards.length} weight files are taken over from the earlier run`,
    );
  } else if (others.length > 0) {
    notes.push(
      `${target}: the interrupted run was of another recipe, other inputs or another version; starting from the ` +
        `beginning (its files stay in ${others.join(', ')} until this run is complete)`,
    );
  } else if (damaged.length === 0) {
    notes.push(`${target}: there is nothing to resume; starting from the beginning`);
  }
  return notes;
}
