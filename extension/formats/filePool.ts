import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { describeSystemError } from '../shared/errors.ts';
import type { ReadHandle } from '../files/wholeCalls.ts';
import { describeOpenError } from './huggingface/openError.ts';
import { readExactly } from './readExactly.ts';
import { checkRegular, NO_WAITING, statFile } from './regularFile.ts';

/** Maximum open files of one job; a checkpoint of a 70B model has 30 shards. */
const MAX_OPEN_FILES = 128;

/** Open files of a job, least recently used closed first. */
export class FilePool {
  readonly #open = new Map<string, Promise<PooledFile>>();

  /** Fills `target` from `position` of `file`. */
  async read(file: string, target: Uint8Array, position: number): Promise<void> {
    try {
      await (await this.#opened(file)).fill(target, position);
    } catch (error) {
      throw describeSystemError(error, file);
    }
  }

  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(files.map(async file => (await file).close()));
  }

  #opened(file: string): Promise<PooledFile> {
    const known = this.#open.get(file);
    if (known) this.#open.delete(file);
    else if (this.#open.size >= MAX_OPEN_FILES) this.#closeOldest();
    const opened = known ?? PooledFile.open(file);
    this.#open.set(file, opened);
    return opened;
  }

  #closeOldest(): void {
    const [file, oldest] = this.#open.entries().next().value as [string, Promise<PooledFile>];
    this.#open.delete(file);
    void oldest.then(opened => opened.close()).catch(() => undefined);
  }
}

const readFrom = promisify(read);

/**
 * A regular file in a thread that may be ended at any moment. Node closes a thread's open files, but leaks one that is
 * just being opened or closed in the background; synchronous calls avoid that.
 */
class PooledFile {
  readonly #fills = new Set<Promise<void>>();

  private constructor(
    private readonly file: string,
    private readonly descriptor: number,
  ) {}

  /** @throws UserError naming the file, and what it is instead of a regular one */
  static async open(file: string): Promise<PooledFile> {
    await statFile(file); // waits for a network disk here, without blocking others
    let descriptor: number | undefined;
    try {
      descriptor = openSync(file, NO_WAITING);
      checkRegular(file, fstatSync(descriptor));
      return new PooledFile(file, descriptor);
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw await describeOpenError(error, file);
    }
  }

  /** Fills `target` from `position`. @throws UserError when the file ends early */
  fill(target: Uint8Array, position: number): Promise<void> {
    const handle: ReadHandle = { read: (...where) => readFrom(this.descriptor, ...where) };
    const filling = readExactly(handle, target, position, this.file);
    this.#fills.add(filling);
    return filling.finally(() => this.#fills.delete(filling));
  }

  /** Closes it once all pending reads are done: its descriptor may then be reused for another file. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#fills);
    closeSync(this.descriptor);
  }
}
