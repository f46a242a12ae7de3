import fs, { type PathLike, type StatOptions } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';

/** What readers use of a file that is open. */
class BlockingFile {
  constructor(private readonly descriptor: number) {}

  async read(target: Uint8Array, offset: number, length: number, position: number) {
    return { bytesRead: fs.readSync(this.descriptor, target, offset, length, position) };
  }

  async stat(options?: StatOptions) {
    return fs.fstatSync(this.descriptor, options);
  }

  async close() {
    fs.closeSync(this.descriptor);
  }
}

/**
 * Lets this thread wait for its own reads of files. It has nothing else to do, and to hand each to another thread takes
 * longer than they do. Imported before what reads, some of which keeps the functions that it finds.
 */
const { open } = fs.promises;
Object.assign(fs.promises, {
  stat: async (...args: Parameters<typeof fs.statSync>) => fs.statSync(...args),
  readdir: async (...args: Parameters<typeof fs.readdirSync>) => fs.readdirSync(...args),
  readFile: async (...args: Parameters<typeof fs.readFileSync>) => fs.readFileSync(...args),
  utimes: async (...args: Parameters<typeof fs.utimesSync>) => fs.utimesSync(...args),
  open: async (file: PathLike, flags: string | number = 'r', ...more: unknown[]) =>
    typeof flags === 'number' && (flags & 3) === fs.constants.O_RDONLY
      ? new BlockingFile(fs.openSync(file, flags))
      : open(file, flags, ...(more as [])),
});
Object.assign(fs, {
  read: Object.assign(() => undefined, {
    [promisify.custom]: async (...where: Parameters<typeof fs.readSync>) => ({
      bytesRead: fs.readSync(...where),
    }),
  }),
});
syncBuiltinESMExports();
