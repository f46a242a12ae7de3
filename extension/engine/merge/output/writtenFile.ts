import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { writeExactly } from '../../../files/wholeCalls.ts';
import { describeSystemError } from '../../../shared/errors.ts';

/** A file of the output, as written to disk. */
export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** Writes a small file durably. */
export async function writeSmallFile(
  folder: string,
  name: string,
  content: string | Uint8Array,
): Promise<WrittenFile> {
  const bytes = Buffer.from(content);
  const file = join(folder, name);
  try {
    const handle = await open(file, 'w');
    try {
      await writeExactly(handle, bytes, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw describeSystemError(error, file);
  }
  return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** SHA-256 of a file of any size. */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(file, { highWaterMark: 1 << 20, signal });
  for await (const piece of stream) hash.update(piece as Buffer);
  return hash.digest('hex');
}
