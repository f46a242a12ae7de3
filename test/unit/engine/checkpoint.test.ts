import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../extension/formats/checkpoint.ts';
import { f32, fixture, writeSafetensors } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const root = await temporaryFolder();
let folders = 0;
async function folder(): Promise<string> {
  const path = join(root, String(folders++));
  await mkdir(path);
  return path;
}
const index = (map: unknown) => JSON.stringify({ metadata: {}, weight_map: map });

test('a sharded folder is read through its index', async () => {
  const checkpoint = await openCheckpoint(fixture('llama/base'));
  expect(checkpoint).toMatchObject({ name: 'base', path: fixture('llama/base') });
  expect(checkpoint.files).toHaveLength(4);
  expect(checkpoint.tensors.size).toBe(21);
  expect(checkpoint.tensors.get('lm_head.weight')?.file).toMatch(/00004-of-00004/);
});

test('a folder with one file, and the file itself', async () => {
  const [asFolder, asFile] = await Promise.all(
    ['llama/code', 'llama/code/model.safetensors'].map(path => openCheckpoint(fixture(path))),
  );
  expect(asFolder?.tensors).toEqual(asFile?.tensors);
  expect(asFolder).toMatchObject({ name: 'code', path: fixture('llama/code') });
});

test('a single file goes before a stale index, as in transformers', async () => {
  const path = await folder();
  await cp(fixture('llama/base'), path, { recursive: true });
  await writeSafetensors(join(path, 'model.safetensors'), { only: f32([2, 2], i => i) });
  expect([...(await openCheckpoint(path)).tensors.keys()]).toEqual(['only']);
});

test('a file of any name stands for itself', async () => {
  const path = await folder();
  await writeSafetensors(join(path, 'task one.safetensors'), { w: f32([2, 2], i => i) });
  expect(await openCheckpoint(path)).toMatchObject({
    name: 'task one',
    path: join(path, 'task one.safetensors'),
  });
});

test('several files without an index are not guessed at', async () => {
  const path = await folder();
  for (const name of ['a', 'b'])
    await writeSafetensors(join(path, `${name}.safetensors`), { w: f32([1], i => i) });
  await expect(openCheckpoint(path)).rejects.toThrow(
    '2 weight files (a.safetensors, b.safetensors); name one of them',
  );
});

test.each([
  ['nothing', [], 'no weights in this folder'],
  [
    'something else under the name of weights',
    ['pytorch_model.bin'],
    'pytorch_model.bin: not weights; a file of torch.save, safetensors or another format was expected',
  ],
  [
    'a LoRA adapter',
    ['adapter_config.json'],
    'a LoRA adapter, not a whole checkpoint; merge it into its base model first',
  ],
])('a folder with %s is refused with the remedy', async (_, names, message) => {
  const path = await folder();
  for (const name of names) await writeFile(join(path, name), '{}');
  await expect(openCheckpoint(path)).rejects.toThrow(message);
});

test.each([
  ['a path outside the folder', { w: '../model.safetensors' }, 'a file name was expected'],
  ['an absolute path', { w: '/etc/passwd' }, 'a file name was expected'],
  ['a number', { w: 7 }, 'a file name was expected'],
  ['nothing', {}, 'its weight_map is empty'],
  ['no map', undefined, 'it has no weight_map'],
  [
    'a tensor that its shard lacks',
    { v: 'model.safetensors' },
    'has other tensors; x.safetensors.index.json lists tensor "v" in it',
  ],
  [
    'a shard that is not there',
    { w: 'other.safetensors' },
    'x.safetensors.index.json: it lists other.safetensors, which is not there; was the download finished?',
  ],
])('an index with %s is refused', async (_, map, message) => {
  const path = await folder();
  await writeSafetensors(join(path, 'model.safetensors'), { w: f32([1], i => i) });
  const file = join(path, 'x.safetensors.index.json');
  await writeFile(file, index(map));
  await expect(openCheckpoint(file)).rejects.toThrow(message);
});

test('a broken index says so', async () => {
  const path = await folder();
  await writeFile(join(path, 'model.safetensors.index.json'), '{"weight_map":');
  await expect(openCheckpoint(path)).rejects.toThrow('not a valid shard index');
});

test('a path that does not exist', async () => {
  await expect(openCheckpoint(join(root, 'nowhere'))).rejects.toThrow(
    'nowhere: there is no such file or folder',
  );
});
