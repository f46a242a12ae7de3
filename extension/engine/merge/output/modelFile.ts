import { basename, dirname, join, resolve } from 'node:path';
import { keptElsewhere } from '../../../files/otherNames.ts';
import type { CommitOptions, CommittedFolder, ModelFolder } from './modelFolder.ts';
import type { Shard } from './shards.ts';
import { ShardWriter } from './shardWriter.ts';
import type { MergeItemReport } from '../tensor/mergeItem.ts';

/** Where a merged model goes: a folder, or a standalone file. */
export type ModelOutput = Pick<
  ModelFolder,
  'finished' | 'notes' | 'begin' | 'beginAgain' | 'append' | 'finish' | 'commit' | 'discard' | 'keep'
>;

/** A model as one file, and nothing beside it; it has its name only once it is complete. */
export class ModelFile implements ModelOutput {
  readonly finished: ReadonlyMap<number, MergeItemReport> = new Map();

  private constructor(
    private readonly path: string,
    private readonly writer: ShardWriter,
  ) {}

  /** @param shard all tensors of the model; its name is ignored */
  static async open(target: string, shard: Shard, overwrite: boolean): Promise<ModelFile> {
    const path = resolve(target);
    return new ModelFile(
      path,
      await ShardWriter.create(dirname(path), { ...shard, name: basename(path) }, { overwrite }),
    );
  }

  get notes(): readonly string[] {
    return this.writer.notes;
  }

  begin(): Promise<void> {
    return this.writer.begin();
  }

  beginAgain(): Promise<void> {
    return this.writer.beginAgain();
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.writer.append(bytes);
  }

  /** A single file is useless until it is complete. */
  async finish(): Promise<void> {
    return Promise.resolve();
  }

  /** Gives the file its name; companions and further files belong to folders. */
  async commit(_folder?: CommitOptions): Promise<CommittedFolder> {
    const file = await this.writer.commit();
    const path = join(dirname(this.path), file.name);
    return { path, files: [file], warnings: keptElsewhere(this.path, path) };
  }

  discard(): Promise<void> {
    return this.writer.discard();
  }

  async keep(): Promise<readonly string[]> {
    await this.discard();
    return [];
  }
}
