import type { FileHandle } from 'node:fs/promises';
import { describeSystemError, FileError } from '../shared/errors.ts';
import { openRegular } from './regularFile.ts';
import { readUpTo } from '../files/wholeCalls.ts';

/** Fills `target` from `position` of the file. @throws UserError when the file ends early. */
export async function readExactly(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  file: string,
): Promise<void> {
  const done = await readUpTo(handle, target, position).catch((error: unknown) => {
    throw describeSystemError(error, file);
  });
  if (done < target.length)
    throw new FileError(
      file,
      `the file ended at byte ${position + done}; did it change while it was read?`,
      true,
    );
}

/** Most files of one job that stay open; a 70B model has 30 shards a checkpoint. */
const MAX_OPEN_FILES = 128;

/** Open files of a job, least recently used closed first. */
export class FilePool {
  readonly #open = new Map<string, Promise<FileHandle>>();

  /** Fills `target` from `position` of `file`. */
  async read(file: string, target: Uint8Array, position: number): Promise<void> {
    try {
      await readExactly(await this.#handle(file), target, position, file);
    } catch (error) {
      throw describeSystemError(error, file);
    }
  }

  async close(): Promise<void> {
    const handles = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(handles.map(async handle => (await handle).close()));
  }

  #handle(file: string): Promise<FileHandle> {
    const known = this.#open.get(file);
    if (known) this.#open.delete(file);
    else if (this.#open.size >= MAX_OPEN_FILES) this.#closeOldest();
    const handle = known ?? openRegular(file).then(opened => opened.handle);
    this.#open.set(file, handle);
    return handle;
  }

  #closeOldest(): void {
    const [file, handle] = this.#open.entries().next().value as [string, Promise<FileHandle>];
    this.#open.delete(file);
    void handle.then(opened => opened.close()).catch(() => undefined);
  }
}
