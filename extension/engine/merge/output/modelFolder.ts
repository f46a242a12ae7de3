import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { publishFolder } from '../../../files/atomicFolder.ts';
import { listed } from '../../../shared/listed.ts';
import { Cancelled, describeSystemError } from '../../../shared/errors.ts';
import { removeAll } from '../../../files/leftovers.ts';
import type { OutputLock } from '../../../files/lock/outputLock.ts';
import { keptElsewhere } from '../../../files/otherNames.ts';
import type { Companions } from './copyCompanions.ts';
import {
  addToJournal,
  readJournal,
  recoverShards,
  writeJournal,
  type FinishedShard,
  type Recovery,
} from './journal.ts';
import { clearPartial, parkJournal, partialsOf, takePartial } from './partialFolder.ts';
import { whyOther, type RunIdentity } from './runIdentity.ts';
import { shardIndex, type Shard, type UnplacedTensor } from './shards.ts';
import { ShardWriter } from './shardWriter.ts';
import { writeSmallFile, type WrittenFile } from './writtenFile.ts';
import type { MergeItemReport } from '../tensor/mergeItem.ts';

export interface ModelFolderOptions {
  /** The folder that will have the model. */
  readonly target: string;
  /** Replace an existing model. */
  readonly overwrite: boolean;
  /** Take over finished shards of an interrupted run. */
  readonly resume: boolean;
  /** What is written, apart from what the shards say. */
  readonly run: RunIdentity;
  readonly shards: readonly Shard[];
  /** Stops the check of finished shards. */
  readonly signal?: AbortSignal;
}

export interface CommitOptions {
  /** Writes config, tokenizer and the like that go with these tensors into a folder. */
  readonly companions?: (folder: string, tensors: readonly UnplacedTensor[]) => Promise<Companions>;
  /** Further small files by name, created after all others are written; they win over companions of the same name. */
  readonly files: (written: readonly WrittenFile[]) => Readonly<Record<string, string>>;
}

export interface CommittedFolder {
  /** Where it is: its target, or another name beside it. */
  readonly path: string;
  /** Everything in the folder: shards, index, companions, further files. */
  readonly files: readonly WrittenFile[];
  readonly warnings: readonly string[];
}

/** A Hugging Face model folder being written beside its target; an interrupted run can be continued shard by shard. */
export class ModelFolder {
  /** Tensors whose shard an earlier run completed, with what their items reported: they must not be written again. */
  readonly finished: ReadonlyMap<number, MergeItemReport>;
  readonly #complete: Map<string, FinishedShard>;
  /** Of the finished tensors of the shard that was begun. */
  #reports: MergeItemReport[] = [];
  /** Of the shard that was begun; a promise, so that one that is still being created is discarded too. */
  #writer: Promise<ShardWriter> | undefined;
  #next = 0;
  #closed = false;

  private constructor(
    private readonly options: ModelFolderOptions,
    /** Where the folder is written. */
    readonly partial: string,
    private readonly lock: OutputLock,
    complete: ReadonlyMap<string, FinishedShard>,
    /** What was found of interrupted runs, a sentence each. */
    readonly notes: readonly string[],
  ) {
    this.#complete = new Map(complete);
    this.finished = new Map(
      options.shards.flatMap(({ name, first }) =>
        (complete.get(name)?.reports ?? []).map((report, i) => [first + i, report] as const),
      ),
    );
    this.#skipFinished();
  }

  /** @throws UserError when the target exists, cannot be replaced, or is being written by another process */
  static async open(asked: ModelFolderOptions): Promise<ModelFolder> {
    const options = { ...asked, target: resolve(asked.target) };
    const { partial, run, lock, others, notes } = await takePartial(options);
    try {
      const recovery = await recoverShards(partial, options.shards, options.signal);
      await clearPartial(partial, recovery.intact);
      await writeJournal(partial, run, [...recovery.intact.values()]);
      const found = options.resume ? await resumeNotes(asked, run, recovery, others) : notes;
      return new ModelFolder(options, partial, lock, recovery.intact, [...lock.notes, ...found]);
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
    await writer.begin();
    this.#next++;
    this.#skipFinished();
  }

  /** The bytes of the last begun tensor follow again, from the start. */
  async beginAgain(): Promise<void> {
    const writer = await this.#writer;
    if (!writer) throw new Error('the tensor to be written again is complete');
    await writer.beginAgain();
  }

  async append(bytes: Uint8Array): Promise<void> {
    const writer = await this.#writer;
    if (!writer) throw new Error(`${bytes.length} bytes came before a tensor was begun`);
    await writer.append(bytes);
  }

  /** All bytes of the tensor have come, and will not come again; tensors finish in order. */
  async finish(index: number, report: MergeItemReport): Promise<void> {
    const writer = await this.#writer;
    if (!writer || this.finished.has(index)) return;
    this.#reports.push(report);
    if (this.#reports.length < writer.shard.tensors.length) return;
    const file = await writer.commit();
    const shard = { ...file, reports: this.#reports };
    [this.#writer, this.#reports] = [undefined, []];
    await addToJournal(this.partial, shard);
    this.#complete.set(file.name, shard);
  }

  #skipFinished(): void {
    while (this.finished.has(this.#next)) this.#next++;
  }

  #shardOf(index: number): Shard {
    const shard = this.options.shards.find(({ first, tensors }) => index < first + tensors.length);
    if (!shard) throw new Error(`there is no tensor ${index}`);
    return shard;
  }

  /** Adds the other files and gives the folder its name, or another one if that is taken. */
  async commit({ companions, files }: CommitOptions): Promise<CommittedFolder> {
    const { target, overwrite, shards } = this.options;
    const written = shards.map(({ name }) => {
      const shard = this.#complete.get(name);
      if (!shard) throw new Error(`${name} is not complete`);
      const { bytes, sha256 } = shard;
      return { name, bytes, sha256 };
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
      const journal = await parkJournal(target, this.partial);
      const { path, notes } = await publishFolder(this.partial, this.lock, overwrite).catch(
        async (error: unknown) => {
          await journal.putBack();
          throw error;
        },
      );
      await journal.remove().catch(() => undefined);
      await this.#tidyUp().catch(() => undefined); // the model exists: nothing may fail any more
      const warnings = [...keptElsewhere(target, path), ...copied.warnings, ...notes];
      return { path, files: written, warnings };
    } catch (error) {
      throw describeSystemError(error, target);
    }
  }

  async #tidyUp(): Promise<void> {
    this.#closed = true;
    try {
      await removeAll(await partialsOf(this.options.target));
    } finally {
      await this.lock.release();
    }
  }

  /** Removes everything that was written; harmless after `commit` or `keep`. */
  async discard(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#discardWriter();
    await rm(this.partial, { recursive: true, force: true }).catch(() => undefined); // a later run will remove it
    await this.lock.release();
  }

  /**
   * Leaves the finished shards for a later run with `resume`, or nothing when there are none; harmless after `commit`.
   * @returns what is kept, in words
   */
  async keep(): Promise<readonly string[]> {
    if (this.#closed) return [];
    if (this.#complete.size === 0) {
      await this.discard();
      return [];
    }
    this.#closed = true;
    await this.#discardWriter();
    await this.lock.release();
    return [
      `${this.#complete.size} of ${this.options.shards.length} weight files are kept in ${this.partial}`,
    ];
  }

  async #discardWriter(): Promise<void> {
    const writer = await this.#writer?.catch(() => undefined); // the caller that began the tensor gets the error
    await writer?.discard();
  }
}

const NONE: Companions = { files: [], warnings: [] };

/** What happened to the leftovers of interrupted runs, if resuming was requested. */
async function resumeNotes(
  { target, shards }: ModelFolderOptions,
  run: RunIdentity,
  { intact, damaged, unknown }: Recovery,
  others: readonly string[],
): Promise<string[]> {
  const again = (names: readonly string[], why: string) =>
    names.length > 0 ? [`${target}: ${listed(names)} ${why}; made again`] : [];
  const notes = [
    ...again(damaged, 'changed after being written'),
    ...again(
      unknown,
      'without an entry in the journal of the earlier run, which is damaged or from another version',
    ),
  ];
  if (intact.size > 0)
    return [
      ...notes,
      `${target}: ${intact.size} of ${shards.length} weight files are reused from the earlier run`,
    ];
  for (const other of others) {
    const journal = await readJournal(other);
    const why = journal ? whyOther(journal.run, run) : 'its journal is damaged or from another version';
    notes.push(
      `${target}: the interrupted run is not resumed, because ${why}; starting from the beginning (its files stay in ` +
        `${other} until this run is complete)`,
    );
  }
  return notes.length > 0 ? notes : [`${target}: there is nothing to resume; starting from the beginning`];
}
