/** What torch.save and torch.jit.save have written, against the same tensors in safetensors. */
import { cp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../../extension/formats/checkpoint.ts';
import { fixture } from '../../../checkpoints.ts';
import { temporaryFolder } from '../../../temporary.ts';
import { valuesOf } from './values.ts';

const same = (name: string): string => name;
const wrapped = (name: string): string => `module.${name}`;

const valuesIn = async (file: string) => valuesOf(await openCheckpoint(fixture(file)));

test.each([
  ['torch/state_dict.pt', 'torch/expected', same],
  ['torch/protocol5.pt', 'torch/expected', same],
  ['torch/legacy.pth', 'torch/expected', same],
  ['torch/renamed-after-saving.bin', 'torch/expected', same],
  ['torch/lightning.ckpt', 'torch/expected', wrapped],
  ['torch-made/protocol2.pt', 'torch-made/state', same],
  ['torch-made/protocol3.pt', 'torch-made/state', same],
  ['torch-made/protocol4.pt', 'torch-made/state', same],
  ['torch-made/protocol5.pt', 'torch-made/state', same],
  ['torch-made/legacy2.pth', 'torch-made/legacy', same],
  ['torch-made/legacy3.pth', 'torch-made/legacy', same],
  ['torch-made/legacy4.pth', 'torch-made/legacy', same],
  ['torch-made/legacy5.pth', 'torch-made/legacy', same],
  ['torch-made/module.pt', 'torch-made/module', same],
  ['torch-made/module-legacy.pt', 'torch-made/module-legacy', same],
  ['torch-made/subclass.pt', 'torch-made/subclass', same],
  ['torch-made/lightning.ckpt', 'torch-made/net', same],
  ['torch-made/trainer.pth.tar', 'torch-made/net', same],
  ['torch-made/ema.pth', 'torch-made/ema', same],
  ['torch-made/zip64.pt', 'torch-made/net', same],
  ['torch-made/scripted.jit', 'torch-made/scripted', same],
  ['torch-made/sharded', 'torch-made/state', same],
  ['torch-made/sharded/pytorch_model-00002-of-00002.bin', 'torch-made/state', same],
])('%s has the tensors of %s.safetensors, bit for bit', async (file, plain, nameOf) => {
  const expected = [...(await valuesIn(`${plain}.safetensors`))].map(([name, value]) => [
    nameOf(name),
    value,
  ]);
  expect([...(await valuesIn(file))]).toEqual(expected);
});

test('parameters are their tensors', async () => {
  const all = await valuesIn('torch/expected.safetensors');
  const expected = ['bias', 'weight'].map(name => [name, all.get(name)]);
  expect([...(await valuesIn('torch/parameters.bin'))]).toEqual(expected);
});

test.each([1, 3, 7])('views are the same in spans of %d elements', async count => {
  const expected = await valuesIn('torch-made/state.safetensors');
  const views = await openCheckpoint(fixture('torch-made/protocol4.pt'));
  expect([...views.tensors.values()].filter(({ kind }) => kind === 'strided').length).toBeGreaterThan(6);
  expect(await valuesOf(views, count)).toEqual(expected);
});

test.each([
  [
    'lightning.ckpt',
    'the tensors in "state_dict" are read; left out: "epoch", "global_step", "pytorch-lightning_version" and',
  ],
  ['trainer.pth.tar', 'the tensors in "state_dict" are read; left out: "epoch", "arch", "optimizer"'],
  ['ema.pth', 'the tensors in "params_ema" are read; left out: "params"'],
  ['module.pt', 'a pickled Encoder: its tensors are read, its code is not'],
  ['scripted.jit', 'a TorchScript archive: its tensors are read, its code is not'],
])('%s: what is chosen and left out is said', async (name, note) => {
  const file = fixture(`torch-made/${name}`);
  const { notes } = await openCheckpoint(file);
  expect(notes.join('\n')).toContain(`${file}: ${note}`);
});

test('of TorchScript one line is enough', async () => {
  expect((await openCheckpoint(fixture('torch-made/scripted.jit'))).notes).toHaveLength(1);
});

/** Two tensors of the samples are 8-bit floats. */
const fp8 = (path: string): string => `${path}: 2 tensors are stored as FP8, read as BF16`;

test('of a plain state dict nothing is said but what is decoded', async () => {
  const file = fixture('torch-made/protocol2.pt');
  expect((await openCheckpoint(file)).notes).toEqual([fp8(file)]);
});

test('the content decides, not the name', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'model.safetensors');
  await cp(fixture('torch-made/protocol2.pt'), file);
  const misnamed = await openCheckpoint(folder);
  expect(misnamed.notes).toEqual([fp8(folder), `${file}: a PyTorch file despite its name; read as such`]);
  expect(await valuesOf(misnamed)).toEqual(await valuesIn('torch-made/state.safetensors'));
  await cp(fixture('torch-made/state.safetensors'), file);
  await rename(file, join(folder, 'model.bin'));
  expect((await openCheckpoint(folder)).notes).toEqual([
    fp8(folder),
    `${join(folder, 'model.bin')}: a safetensors file despite its name; read as such`,
  ]);
});
