/** Files of PyTorch's that are refused, by what is wrong with them; nothing in any of them is run. */
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../../extension/formats/checkpoint.ts';
import { fixture } from '../../../checkpoints.ts';
import { temporaryFolder } from '../../../temporary.ts';

test.each([
  ['sparse', 'tensor "a": a sparse tensor, which is not read; save the model with plain tensors'],
  ['quantized', 'tensor "a": a quantized tensor, which is not read'],
  ['meta', 'tensor "a": a tensor without values (meta), which is not read'],
  ['complex128', 'tensor "a": its dtype complex128 is not read; save it in one that safetensors has'],
  ['conj', 'tensor "a": a lazy view (conj), which is not read'],
  [
    'frozen',
    'it holds a TorchScript model whose weights are constants of its code (torch.jit.freeze), without',
  ],
  ['list', 'it holds a list, without tensors of a model'],
  [
    'deepspeed',
    'a DeepSpeed checkpoint in parts, one for each process; consolidate it with `python zero_to_fp32.py',
  ],
  [
    'deflated',
    'not a valid PyTorch file: "trainer.pth/byteorder" is compressed, torch.save only stores; load',
  ],
  ['big-endian', 'its numbers are "big"-endian, little was expected; load it in PyTorch and save it again'],
  ['incomplete', 'data/1; is the file complete?'],
])('%s', async (name, message) => {
  const file = fixture(`torch-made/refused-${name}.${name === 'frozen' ? 'jit' : 'pt'}`);
  await expect(openCheckpoint(file)).rejects.toThrow(message);
  await expect(openCheckpoint(file)).rejects.toThrow(`${file}: `);
});

test('an optimizer alone is no model', async () => {
  await expect(openCheckpoint(fixture('torch-made/only-optimizer.pt'))).rejects.toThrow(
    'only-optimizer.pt: it holds a dict of 2, without tensors of a model',
  );
});

test('a pickle that would run a command is refused by the name of its function', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'malicious.pt');
  await cp(fixture('torch/malicious.pt'), file);
  await expect(openCheckpoint(file)).rejects.toThrow(
    `${file}: its pickle asks for posix.system, which may run code where PyTorch loads the file; get the weights from`,
  );
  expect(await readdir(folder)).toEqual(['malicious.pt']);
  expect(await readdir('.')).not.toContain('PWNED');
});

test.each([
  ['optimizer.pt', 'the state of a training, not a model; name the weights beside it'],
  ['rng_state_3.pth', 'the state of a training, not a model'],
  ['training_args.bin', 'the state of a training, not a model'],
  ['mp_rank_00_model_states.pt', 'a DeepSpeed checkpoint in parts'],
  ['bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt', 'a DeepSpeed checkpoint in parts'],
  ['__0_0.distcp', 'a distributed (FSDP) checkpoint in parts; consolidate it with `accelerate merge-weights'],
])('%s is named for what it is', async (name, message) => {
  const file = join(await temporaryFolder(), name);
  await cp(fixture('torch-made/only-optimizer.pt'), file);
  await expect(openCheckpoint(file)).rejects.toThrow(`${file}: ${message}`);
});

test.each([
  ['global_step10', 'zero_to_fp32.py', 'a DeepSpeed checkpoint in parts'],
  ['pytorch_model_fsdp_0', '.metadata', 'a distributed (FSDP) checkpoint in parts'],
  ['inner', '__0_0.distcp', 'a distributed (FSDP) checkpoint in parts'],
])('a folder with %s and %s names the command that consolidates it', async (inner, file, message) => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, inner));
  await writeFile(join(folder, file), 'x');
  await expect(openCheckpoint(folder)).rejects.toThrow(`${folder}: ${message}`);
});
