import { build } from 'esbuild';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

// Every job starts threads, and each loads all of this first.
test('a thread loads no packages, nothing that opens models, and nothing of the lock files', async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['extension/engine/worker.ts'],
    ...{ bundle: true, write: false, metafile: true, platform: 'node', format: 'esm', outdir: 'dist' },
    loader: { '.wgsl': 'text' },
  });
  const loaded = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  expect(loaded).toContain('extension/engine/scheduler/threadServer.ts');
  expect(
    loaded.filter(file => /node_modules|formats\/checkpoint\.ts|tvq\/reader\.ts|files\/lock/.test(file)),
  ).toEqual([]);
});
