/** Files that threads read from: all are closed, at whatever point a thread is ended. */
import { buildSync } from 'esbuild';
import { readdir, readlink, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { FilePool } from '../../../extension/formats/filePool.ts';
import { temporaryPaths } from '../../temporary.ts';

const path = await temporaryPaths();

/** How many of this process's open files are among `files`. */
async function openOf(...files: string[]): Promise<number> {
  const handles = await readdir('/proc/self/fd');
  const targets = await Promise.all(handles.map(fd => readlink(join('/proc/self/fd', fd)).catch(() => '')));
  return targets.filter(target => files.includes(target)).length;
}

const THREAD = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { FilePool } from '${join(import.meta.dirname, '../../../extension/formats/filePool.ts')}';
  parentPort.postMessage('started');
  for (;;) {
    const pool = new FilePool();
    await Promise.all(workerData.map(file => pool.read(file, new Uint8Array(4), 0)));
    await pool.close();
  }`;

test.skipIf(platform() !== 'linux')('a thread that is ended while it opens and closes files', async () => {
  const files = Array.from({ length: 100 }, () => path('.bin'));
  await Promise.all(files.map(file => writeFile(file, 'data')));
  const bundle = buildSync({
    stdin: { contents: THREAD, resolveDir: import.meta.dirname },
    ...{ bundle: true, write: false, format: 'esm', platform: 'node' },
  });
  const code = `data:text/javascript,${encodeURIComponent(bundle.outputFiles[0]!.text)}`;
  for (let moment = 0; moment < 50; moment++) {
    const thread = new Worker(new URL(code), { workerData: files });
    await once(thread, 'message');
    await new Promise(resolve => setTimeout(resolve, moment % 7));
    await thread.terminate();
  }
  expect(await openOf(...files)).toBe(0);
});

test.skipIf(platform() !== 'linux')(
  'the least recently used of many is closed, after its reads',
  async () => {
    const files = Array.from({ length: 140 }, () => path('.bin'));
    await Promise.all(files.map((file, number) => writeFile(file, String(number).padStart(4))));
    const pool = new FilePool();
    const texts = files.map(() => new Uint8Array(4));
    await Promise.all(files.map((file, number) => pool.read(file, texts[number]!, 0)));
    expect(texts.map(text => Number(Buffer.from(text).toString()))).toEqual(files.map((_, number) => number));
    expect([await openOf(files[0]!), await openOf(files[139]!)]).toEqual([0, 1]);
    await pool.close();
    expect(await openOf(files[139]!)).toBe(0);
  },
);
