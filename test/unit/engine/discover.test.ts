import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  groupByArchitecture,
  proposeBase,
  summarizeCheckpoints,
} from '../../../extension/formats/discover.ts';
import type { CheckpointSummary } from '../../../extension/protocol/checkpoints.ts';
import { MAX_SCANNED_BYTES } from '../../../extension/formats/safetensors/headerRoom.ts';
import { f32, fixture, safetensorsBytes, writeSafetensors } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const workspace = await temporaryFolder();
await cp(fixture('llama'), join(workspace, 'llama'), { recursive: true });
await mkdir(join(workspace, 'vit'));
for (const name of ['cars', 'zeroshot']) {
  await writeSafetensors(join(workspace, 'vit', `${name}.safetensors`), {
    w: f32([3, 2], i => i),
    b: f32([3], i => i),
  });
}
await mkdir(join(workspace, 'lora'));
await writeSafetensors(join(workspace, 'lora', 'adapter_model.safetensors'), { a: f32([1], i => i) });
await writeFile(join(workspace, 'broken.safetensors'), 'xx');

const weightFiles = async () =>
  (await readdir(workspace, { recursive: true }))
    .filter(file => /\.safetensors(\.index\.json)?$/.test(file))
    .map(file => join(workspace, file));

test('checkpoints, from headers alone', async () => {
  const { checkpoints, failures } = await summarizeCheckpoints(await weightFiles());
  const paths = checkpoints.map(({ path }) => path.slice(workspace.length + 1));
  expect(paths).toEqual([
    'llama/base',
    'llama/chat',
    'llama/code',
    'llama/math',
    'vit/cars.safetensors',
    'vit/zeroshot.safetensors',
  ]);
  expect(checkpoints[0]).toMatchObject({
    name: 'base',
    parameters: 24736,
    dtypes: [{ dtype: 'BF16', parameters: 24736 }],
    tensors: 21,
    model: 'LlamaForCausalLM',
  });
  expect(checkpoints[0]?.files).toHaveLength(4);
  expect(checkpoints[4]).toMatchObject({ name: 'cars', parameters: 9, model: undefined });
  expect(failures).toEqual([
    {
      path: join(workspace, 'broken.safetensors'),
      message: expect.stringContaining('a header needs at least 8') as string,
    },
  ]);
});

test('same names and shapes are one architecture; the base is proposed where names leave no doubt', async () => {
  const { checkpoints } = await summarizeCheckpoints(await weightFiles());
  const groups = groupByArchitecture(checkpoints);
  expect(groups.map(group => group.map(({ name }) => name))).toEqual([
    ['base', 'chat', 'code', 'math'],
    ['cars', 'zeroshot'],
  ]);
  expect(groups.map(group => proposeBase(group)?.name)).toEqual(['base', 'zeroshot']);
});

test('a checkpoint that was replaced is read anew', async () => {
  const file = join(workspace, 'vit', 'cars.safetensors');
  await summarizeCheckpoints([file]);
  await rm(file);
  await writeSafetensors(file, { w: f32([5, 2], i => i) });
  expect((await summarizeCheckpoints([file])).checkpoints[0]?.parameters).toBe(10);
});

test('a checkpoint is what is there now: its shards, those of an unchanged index too, and its config', async () => {
  const folder = join(workspace, 'changing');
  await cp(fixture('llama/base'), folder, { recursive: true });
  const look = () => summarizeCheckpoints([join(folder, 'model.safetensors.index.json')]);
  const config = JSON.stringify({ architectures: ['Other'] });
  expect((await look()).checkpoints[0]?.model).toBe('LlamaForCausalLM');
  await writeFile(join(folder, 'config.json'), config);
  expect((await look()).checkpoints[0]?.model).toBe('Other');
  await rm(join(folder, 'model-00002-of-00004.safetensors'));
  expect((await look()).failures[0]?.message).toContain('model-00002-of-00004.safetensors');
});

test('a scan reads headers up to a limit; who names a model gets it', async () => {
  const file = join(workspace, 'wide.safetensors');
  const header = Buffer.alloc(MAX_SCANNED_BYTES + 1, ' ');
  header.write('{}');
  await writeFile(file, safetensorsBytes(header));
  const { failures } = await summarizeCheckpoints([file]);
  expect(failures[0]?.message).toContain(`${file}: not searched: the headers of its model have more than`);
  expect((await summarizeCheckpoints([file], true)).checkpoints[0]?.tensors).toBe(0);
  await rm(file);
});

test('a scan that has read as much as it may says where it stopped', async () => {
  const total = 3 * 1024;
  const files = await Promise.all(
    [1, 2, 3, 4].map(async i => {
      const file = join(workspace, `many-${i}.safetensors`);
      await writeFile(file, safetensorsBytes(Buffer.from('{}'.padEnd(1024))));
      return file;
    }),
  );
  const { checkpoints, failures, stops } = await summarizeCheckpoints(files, false, total);
  expect([checkpoints.length, failures.length]).toEqual([3, 0]);
  expect(stops).toEqual([expect.stringContaining('not searched yet, 3072 bytes of headers were read')]);
  expect((await summarizeCheckpoints(files, false, total)).stops).toEqual([]);
});

const named = (...names: string[]) => names.map(name => ({ name }) as CheckpointSummary);

test.each([
  [['cars', 'dtd'], undefined],
  [['base', 'my-base-v2'], 'base'],
  [['vit-base-1', 'vit-base-2'], undefined],
  [['clip-pretrained', 'cars'], 'clip-pretrained'],
  [['database', 'cars'], undefined],
])('base of %j: %s', (names, expected) => {
  expect(proposeBase(named(...names))?.name).toBe(expected);
});
