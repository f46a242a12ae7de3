import { ftruncateSync, openSync, writeSync } from 'node:fs';

/**
 * Makes a file whose content is replaced again and again. It stays open and is never emptied first: after that, some
 * file systems wait for the disk when it is closed.
 */
export function rewritten(file: string): (bytes: Uint8Array) => void {
  const descriptor = openSync(file, 'w');
  return bytes => {
    for (let done = 0; done < bytes.length;)
      done += writeSync(descriptor, bytes, done, bytes.length - done, done);
    ftruncateSync(descriptor, bytes.length);
  };
}
