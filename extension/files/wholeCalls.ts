/** Reads and writes that continue until everything is done: a single call may do only a part, or be interrupted. */
import type { FileHandle } from 'node:fs/promises';

/** One read call of 2 GiB or more aborts Node 24 (nodejs/node: CHECK in node_file.cc); pread stops there anyway. */
const MAX_READ = 1 << 30;

/** A call may be interrupted on a network file system, and then has to be repeated. */
const isInterrupted = (error: unknown): boolean =>
  ['EINTR', 'EAGAIN'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Anything that can be read from a position, such as a file handle. */
export interface ReadHandle {
  read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
}

/** Reads as much as there is, up to the length of `target`. @returns how many bytes were read */
export async function readUpTo(handle: ReadHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const wanted = Math.min(target.length - done, MAX_READ);
    try {
      const { bytesRead } = await handle.read(target, done, wanted, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    } catch (error) {
      if (!isInterrupted(error)) throw error;
    }
  }
  return done;
}

/** Writes all of `bytes` at `position`. */
export async function writeExactly(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    try {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
      // Avoids an endless loop on a disk that accepts nothing.
      if (bytesWritten === 0)
        throw Object.assign(new Error('nothing was written'), { code: 'EIO', syscall: 'write' });
      done += bytesWritten;
    } catch (error) {
      if (!isInterrupted(error)) throw error;
    }
  }
}
