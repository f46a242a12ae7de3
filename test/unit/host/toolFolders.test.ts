/** Which folders are a tool's own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { chosenKind } from '../../../extension/host/chosenPath.ts';
import { outsideToolFolders } from '../../../extension/host/toolFolders.ts';
import { temporaryFolder } from '../../temporary.ts';

const folder = await temporaryFolder();
const root = join(folder, 'node_modules', 'opened'); // above the root, nothing counts
for (const file of [
  'env/pyvenv.cfg',
  'conda/conda-meta/history',
  'target/CACHEDIR.TAG',
  'out/CMakeCache.txt',
  'CACHEDIR.TAG',
  'a.tvq',
  'folder.tvq/x',
]) {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), '');
}

test.each([
  ['models/base/model.safetensors', true],
  ['node_modules/@scope/pkg/dist/model.safetensors', false],
  ['env/lib/python3.12/x/model.safetensors', false],
  ['env2/model.safetensors', true],
  ['.venv/model.safetensors', false],
  ['conda/share/model.safetensors', false],
  ['usr/site-packages/pkg/w.safetensors', false],
  ['target/debug/w.safetensors', false],
  ['out/w.safetensors', false],
  ['build/lib.linux-x86_64/w.safetensors', false],
  ['build/w.safetensors', true],
  ['dist/w.safetensors', true],
  ['output/w.safetensors', true],
  ['.cache/w.safetensors', false],
  ['.cache/huggingface/hub/models--a--b/snapshots/0a/model.safetensors', true],
  ['w.safetensors', true],
])('%s is proposed: %s', async (file, proposed) => {
  const path = join(root, file);
  expect(await outsideToolFolders([path], [folder.slice(0, 4), root])).toEqual(proposed ? [path] : []);
});

test('a root within one counts for what is in it', async () => {
  const file = join(root, 'env', 'share', 'w.safetensors');
  expect(await outsideToolFolders([file], [root, join(root, 'env')])).toEqual([file]);
});

test.each([
  ['env', 'folder'],
  ['folder.tvq', 'folder'],
  ['a.tvq', 'tvq'],
  ['gone.safetensors', 'weights'],
  ['model.safetensors.index.json', 'weights'],
  ['CACHEDIR.TAG', 'other'],
] as const)('%s is chosen as %s', async (path, kind) => {
  expect(await chosenKind(join(root, path))).toBe(kind);
});
