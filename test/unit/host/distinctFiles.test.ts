/** A model counts once, however many names lead to it. */
import { mkdir, rename, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { summarizeCheckpoints } from '../../../extension/formats/discover.ts';
import { asKnown, distinctFiles } from '../../../extension/host/distinctFiles.ts';
import { f32, writeSafetensors } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const folder = await temporaryFolder();
const at = (...parts: string[]) => join(folder, ...parts);
const weights = (name: string) => at(name, 'model.safetensors');
const hub = at('models--org--chat');
for (const name of ['v1', 'v2', 'models--org--chat/blobs']) {
  await mkdir(at(name), { recursive: true });
  await writeSafetensors(weights(name), { w: f32([2], i => i) });
}
await rename(join(hub, 'blobs/model.safetensors'), join(hub, 'blobs/0a1b'));
for (const commit of ['abc', 'def']) {
  await mkdir(join(hub, 'snapshots', commit), { recursive: true });
  await symlink('../../blobs/0a1b', join(hub, 'snapshots', commit, 'model.safetensors'));
}
await symlink('v2', at('latest'));
await symlink('v1/model.safetensors', at('alone.safetensors'));

test('a file is taken by its own name, or by the first that leads to it', async () => {
  const snapshots = ['abc', 'def'].map(commit => join(hub, 'snapshots', commit, 'model.safetensors'));
  const found = await distinctFiles([
    at('alone.safetensors'),
    weights('latest'),
    weights('v1'),
    weights('v2'),
    ...snapshots,
    at('gone.safetensors'),
  ]);
  expect(found.map(path => relative(folder, path))).toEqual([
    'v1/model.safetensors',
    'v2/model.safetensors',
    'models--org--chat/snapshots/abc/model.safetensors',
    'gone.safetensors',
  ]);
});

test('what is known already is that, by whatever path it was chosen', async () => {
  const known = (await summarizeCheckpoints([weights('v1'), weights('v2')])).checkpoints;
  const { checkpoints } = await summarizeCheckpoints([
    weights('latest'),
    at('alone.safetensors'),
    join(hub, 'snapshots/abc/model.safetensors'),
  ]);
  const names = (await asKnown(checkpoints, known)).map(({ path }) => relative(folder, path));
  expect(names.sort()).toEqual(['models--org--chat/snapshots/abc', 'v1', 'v2']);
});
