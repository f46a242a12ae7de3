/** Outputs appear under their name only when complete: they are written under a temporary name, synced, and renamed. */
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeExactly } from './wholeCalls.ts';
import { describeSystemError, OutputTaken, UserError } from '../shared/errors.ts';
import { exists } from './exists.ts';
import { OutputLock } from './lock/outputLock.ts';
import { otherNames } from './otherNames.ts';
import { checkReplaceable, type OutputKind } from './replaceable.ts';

export const alreadyThere = (target: string) =>
  new OutputTaken({
    message: `${target}: already exists; choose another output`,
    remedy: { code: 'overwrite' },
  });

/** Bytes collected before a write call: payloads of small tensors are a few hundred bytes each. */
const BUFFER_BYTES = 1 << 20;

/** Bytes after which the operating system is asked to start writing to disk, so that the last sync has little left to
 * do. */
const SYNC_BYTES = 64 << 20;

export interface OutputOptions {
  /** Replace what exists, if it is one of our own kinds of outputs. */
  readonly overwrite: boolean;
  /** The caller's lock on the output or on a folder around it. Without one, a lock is taken, and released at the end. */
  readonly lock?: OutputLock;
}

export interface FileOptions extends OutputOptions {
  /** Bytes left free at the front, to be filled by `writeAt`. */
  readonly start: number;
  /** Whether only this tool writes the target, so anything there is its own. */
  readonly own?: boolean;
}

/** Checks that what exists at the target, if anything, was meant to be replaced and may be. */
export async function checkTarget(
  target: string,
  { overwrite, own = false }: Pick<FileOptions, 'overwrite' | 'own'>,
  kind: OutputKind,
): Promise<void> {
  if (own) return;
  if (overwrite) await checkReplaceable(target, kind);
  else if (await exists(target)) throw alreadyThere(target);
}

/** Whether what exists at the target, if anything, may be replaced; throws if the file system fails. */
export const mayReplace = (...asked: Parameters<typeof checkTarget>): Promise<boolean> =>
  checkTarget(...asked).then(
    () => true,
    (error: unknown) => {
      if (error instanceof UserError && error.cause === undefined) return false;
      throw error;
    },
  );

/** A file being written from front to back, with its beginning left free for a header that comes last. */
export class AtomicFile {
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #buffered = 0;
  #position: number;
  #syncedTo = 0;
  #syncing: Promise<void> | undefined;
  /** The error of a failed sync: the system reports each failure only once. */
  #failure: unknown;

  private constructor(
    readonly target: string,
    readonly temporary: string,
    private readonly options: FileOptions,
    private readonly handle: FileHandle,
    private readonly lock: OutputLock,
  ) {
    this.#position = options.start;
  }

  /** @throws UserError when the target exists, cannot be replaced, or is being written */
  static async create(target: string, options: FileOptions): Promise<AtomicFile> {
    const lock = options.lock ?? (await OutputLock.take(target));
    try {
      await checkTarget(target, options, 'file');
      const temporary = lock.temporary(target);
      return new AtomicFile(target, temporary, options, await open(temporary, 'wx'), lock);
    } catch (error) {
      if (!options.lock) await lock.release();
      throw describeSystemError(error, target);
    }
  }

  /** What was found of an earlier run, one sentence each. */
  get notes(): readonly string[] {
    return this.lock.notes;
  }

  /** Where the next appended byte goes. */
  get position(): number {
    return this.#position + this.#buffered;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length > BUFFER_BYTES - this.#buffered) await this.#flush();
    if (bytes.length > BUFFER_BYTES / 4) {
      await this.#flush();
      await this.#write(bytes, this.#position);
      this.#position += bytes.length;
      this.#startSync();
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
  }

  /** The next bytes go to an earlier position, and must cover what was written after it. */
  async rewind(position: number): Promise<void> {
    await this.#flush();
    this.#position = position;
    this.#syncedTo = Math.min(this.#syncedTo, position);
  }

  /** Writes bytes in front of `position`: the header, or arrays announced earlier whose content is known last. */
  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    await this.#flush();
    await this.#write(bytes, position);
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      await writeExactly(this.handle, bytes, position);
    } catch (error) {
      throw describeSystemError(error, this.target);
    }
  }

  #startSync(): void {
    if (this.#syncing || this.#position - this.#syncedTo < SYNC_BYTES) return;
    this.#syncedTo = this.#position;
    this.#syncing = this.handle
      .datasync()
      .catch((error: unknown) => void (this.#failure = error))
      .then(() => void (this.#syncing = undefined));
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return;
    await this.#write(this.#buffer.subarray(0, this.#buffered), this.#position);
    this.#position += this.#buffered;
    this.#buffered = 0;
    this.#startSync();
  }

  /**
   * Syncs and gives the file its name. If something that must not be replaced took the name meanwhile, the file gets
   * another one, so that no work is lost.
   * @returns the path that the file has
   */
  async commit(): Promise<string> {
    try {
      await this.#flush();
      await this.#syncing;
      if (this.#failure) throw this.#failure as Error;
      await this.handle.sync();
      await this.handle.close();
      await this.lock.check();
      const path = await this.#publish();
      await syncFolder(dirname(this.target));
      if (!this.options.lock) await this.lock.release();
      return path;
    } catch (error) {
      throw describeSystemError(error, this.target);
    }
  }

  async #publish(): Promise<string> {
    const { target, temporary, options } = this;
    if (options.overwrite && (await mayReplace(target, options, 'file'))) {
      await rename(temporary, target);
      return target;
    }
    if (!options.overwrite && (await publishNew(temporary, target))) return target;
    const names = otherNames(target);
    for (;;) {
      const { value } = names.next();
      if (await publishNew(temporary, value)) return value;
    }
  }

  /** Closes and removes the temporary file, and the folders made for it; harmless after a commit. */
  async discard(): Promise<void> {
    await this.#syncing;
    await this.handle.close().catch(() => undefined);
    await rm(this.temporary, { force: true }).catch(() => undefined); // the next run does it; the first error counts
    if (!this.options.lock) await this.lock.release();
  }
}

/**
 * link() fails where rename() would replace; file systems without links (exFAT) get a check and a rename.
 * @returns whether the name was free
 */
async function publishNew(temporary: string, target: string): Promise<boolean> {
  try {
    await link(temporary, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || (await exists(target))) return false;
    await rename(temporary, target);
    return true;
  }
  await rm(temporary, { force: true });
  return true;
}

/** Makes the new name durable; not every platform can open a folder, and the data is safe without it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
