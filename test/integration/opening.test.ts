/** What is opened, or left out, instead of the named path: every command reports it in a line. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { f32, noise, writeSafetensors } from '../checkpoints.ts';
import * as command from '../command.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
/** Paths are relative to the models' folder, as in a terminal. */
const before = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => process.chdir(before));

async function tvq(...args: string[]): Promise<{ status: number | null; stdout: string; lines: string[] }> {
  const { stderr, ...printed } = await command.tvq(...args);
  return { ...printed, lines: stderr.split('\n').filter(line => line !== '') };
}

const weights = (seed: number) => f32([64, 64], noise(seed));

/** A model in two shards whose index still lists removed heads. */
async function model(name: string, seed: number): Promise<void> {
  const [one, two] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  await mkdir(join(folder, name));
  await writeSafetensors(join(folder, name, one), { a: weights(seed), b: weights(seed + 1) });
  await writeSafetensors(join(folder, name, two), { c: weights(seed + 2) });
  const map = { a: one, b: one, c: two, mtp: two };
  await writeFile(join(folder, name, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
}
await model('base', 1);
await model('tuned', 5);
await writeSafetensors(join(folder, 'lora.safetensors'), {
  'base_model.model.a.lora_A.weight': f32([4, 64], noise(1)),
  'base_model.model.a.lora_B.weight': f32([64, 4], noise(2)),
});
await writeSafetensors(join(folder, 'vera.safetensors'), {
  'base_model.model.a.vera_lambda_b': f32([64], noise(1)),
  'base_model.model.a.vera_lambda_d': f32([4], noise(2)),
});

const NOTE = (name: string) =>
  `warning: ${join(folder, name, 'model.safetensors.index.json')}: lists tensor "mtp" that no file has; left out`;
const BOTH = ['--base', 'base', '--task', 't=tuned'];

test.each([
  ['inspect', ['inspect', 'base', 'tuned']],
  ['analyze', ['analyze', ...BOTH, '--no-cache', '--backend', 'cpu']],
  ['quantize', ['quantize', ...BOTH, '--bits', '4', '-o', 'plan.tvq', '--dry-run']],
  ['quantize to the end', ['quantize', ...BOTH, '--bits', '4', '-o', 'q.tvq', '--backend', 'cpu']],
  ['merge', ['merge', ...BOTH, '--method', 'task_arithmetic', '-o', 'm', '--backend', 'cpu']],
])('a tensor that an index lists and no shard has: %s', async (_, args) => {
  const { status, lines } = await tvq(...args);
  expect(status).toBe(0);
  expect(lines).toEqual(expect.arrayContaining([NOTE('base'), NOTE('tuned')]));
});

test('and restore, which has the base only', async () => {
  await tvq('quantize', ...BOTH, '--bits', '4', '-o', 'r.tvq', '--backend', 'cpu');
  const { status, lines } = await tvq('restore', 'r.tvq', '--base', 'base', '--task', 't', '-o', 'r');
  expect(status).toBe(0);
  expect(lines).toContain(NOTE('base'));
});

test('one shard named is the whole model, and said', async () => {
  const shard = join('base', 'model-00002-of-00002.safetensors');
  const { status, lines } = await tvq(
    'quantize',
    '--base',
    shard,
    '--task',
    't=tuned',
    '-o',
    's.tvq',
    '--dry-run',
  );
  expect(status).toBe(0);
  expect(lines.join()).toContain(
    '2 of 2 shards that model.safetensors.index.json lists; the whole model is read',
  );
});

const adapter = (file: string, what: string) => `tvq: ${join(folder, file)}: ${what}`;
const BASE = adapter(
  'lora.safetensors',
  'a LoRA adapter (PEFT, rank 4), not a whole checkpoint; name it as a task or an input, and its base model as the base',
);
const TASK = adapter(
  'vera.safetensors',
  'a VeRA adapter (PEFT), not a whole checkpoint; merge it into its base model first',
);
const CONFIG = adapter(
  'lora.safetensors',
  'a LoRA adapter (PEFT, rank 4) without its adapter_config.json, which has its alpha; download that too',
);
test.each([
  ['quantize', TASK, ['quantize', '--base', 'base', '--task', 'a=vera.safetensors', '-o', 'x.tvq']],
  ['analyze', TASK, ['analyze', '--base', 'base', '--task', 'a=vera.safetensors']],
  ['merge', TASK, ['merge', '--base', 'base', '--task', 'a=vera.safetensors', '--method', 'ties', '-o', 'x']],
  [
    'merge a part',
    CONFIG,
    ['merge', '--base', 'base', '--task', 'a=lora.safetensors', '--method', 'ties', '-o', 'x'],
  ],
  [
    'merge without a base',
    BASE,
    ['merge', '--task', 'a=lora.safetensors', '--task', 't=tuned', '--method', 'linear', '-o', 'x'],
  ],
  [
    'merge into it',
    BASE,
    ['merge', '--base', 'lora.safetensors', '--task', 't=tuned', '--method', 'ties', '-o', 'x'],
  ],
  ['restore', BASE, ['restore', 'q2.tvq', '--base', 'lora.safetensors', '--task', 't', '-o', 'x']],
])('an adapter in place of a model is refused in one line: %s', async (_, line, args) => {
  if (args[0] === 'restore')
    await tvq('quantize', ...BOTH, '--bits', '4', '-o', 'q2.tvq', '--backend', 'cpu', '--overwrite');
  const { status, lines } = await tvq(...args);
  expect(status).not.toBe(0);
  expect(lines).toEqual([line]);
});

test('inspect shows an adapter as what it is', async () => {
  const { status, stdout } = await tvq('inspect', 'lora.safetensors', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    tensors: 2,
    adapter: expect.stringContaining('a LoRA adapter (PEFT, rank 4)') as string,
  });
});

const PAGE = (name: string, file: string) =>
  `${join(folder, name, file)}: a web page (HTML), not the file itself; download the file again, signed in if necessary`;

test('files beside the weights that are something else: told, and never copied into a model', async () => {
  const put = (name: string, file: string) => writeFile(join(folder, name, file), '<!DOCTYPE html><html>');
  await put('tuned', 'config.json');
  const merge = ['merge', ...BOTH, '--method', 'linear', '--backend', 'cpu', '-o'];
  const ofInput = await tvq(...merge, 'of-input');
  expect(ofInput.status).toBe(0);
  expect(ofInput.lines).toContain(`warning: ${PAGE('tuned', 'config.json')}`);
  await put('base', 'tokenizer.json');
  const ofBase = await tvq(...merge, 'of-base');
  expect(ofBase.status).toBe(1);
  expect(ofBase.lines).toContain(`tvq: ${PAGE('base', 'tokenizer.json')}`);
  for (const args of [
    ['inspect', 'base'],
    [...merge, 'lone.safetensors'],
    ['quantize', ...BOTH, '--bits', '4', '-o', 'page.tvq', '--backend', 'cpu'],
    ['analyze', ...BOTH, '--no-cache', '--backend', 'cpu'],
    ['restore', 'page.tvq', '--base', 'base', '--task', 't', '-o', 'page'],
  ]) {
    const { status, lines } = await tvq(...args);
    expect(lines).toContain(`warning: ${PAGE('base', 'tokenizer.json')}`);
    expect(status).toBe(0);
  }
});

test('a model that is not merged with its adapter yet, and one that is there twice, are refused', async () => {
  const lora = { 'a.lora_A.weight': f32([4, 64], noise(1)), 'a.lora_B.weight': f32([64, 4], noise(2)) };
  await writeSafetensors(join(folder, 'inside.safetensors'), {
    a: weights(1),
    'a.weight': weights(1),
    ...lora,
  });
  const named = ['policy.', 'ema.'].flatMap(prefix =>
    ['a', 'b', 'c'].map((name, i) => [prefix + name, weights(i)] as const),
  );
  await writeSafetensors(join(folder, 'twice.safetensors'), Object.fromEntries(named));
  for (const [file, message] of [
    ['inside', 'holds a LoRA adapter (PEFT, rank 4) beside the weights that it changes; merge it into'],
    ['twice', 'holds the model twice: the prefixes policy. and ema. both fit; keep the tensors of one'],
  ])
    for (const args of [
      ['quantize', '--base', 'base', '--task', `a=${file}.safetensors`, '-o', 'x.tvq'],
      ['analyze', '--base', 'base', '--task', `a=${file}.safetensors`],
      ['merge', '--base', 'base', '--task', `a=${file}.safetensors`, '--method', 'ties', '-o', 'x'],
    ]) {
      const { status, lines } = await tvq(...args);
      expect(status).toBe(1);
      expect(lines).toEqual([expect.stringContaining(`${join(folder, `${file}.safetensors`)}: ${message}`)]);
    }
});
