/** Models that change after they were measured. */
import { appendFile, cp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Freshness } from '../../../extension/host/panels/freshness.ts';
import { fixture } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const folder = await temporaryFolder();
const models = ['base', 'math', 'file'].map(name => ({ name, path: join(folder, name) }));
await cp(fixture('llama'), folder, { recursive: true });
await writeFile(join(folder, 'file'), 'task vectors');
const shard = join(folder, 'base', 'model-00002-of-00004.safetensors');

test.each<[string, string[], () => Promise<void>]>([
  ['nothing', [], async () => undefined],
  ['a config', [], () => writeFile(join(folder, 'base/config.json'), '{}')],
  ['a shard', ['base'], () => appendFile(shard, 'x')],
  ['a time', ['math'], () => utimes(join(folder, 'math/model.safetensors'), 1, 1)],
  ['a .tvq file', ['file'], () => writeFile(join(folder, 'file'), 'other vectors')],
  ['a shard that goes', ['base'], () => rm(shard)],
  ['a folder that is renamed', ['math'], () => rename(join(folder, 'math'), join(folder, 'maths'))],
])('%s', async (_, names, change) => {
  const told = vi.fn();
  const freshness = new Freshness(told, 5);
  await freshness.begin(models);
  await change();
  expect(await freshness.changed()).toEqual(names);
  if (names.length > 0) await vi.waitFor(() => expect(told).toHaveBeenCalledWith(names), 30_000);
  await freshness.begin(models);
  expect(await freshness.changed()).toEqual([]);
  freshness.dispose();
});
