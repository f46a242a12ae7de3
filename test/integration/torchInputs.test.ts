/**
 * PyTorch files as inputs of every command: models as torch.save writes them, whose matrices are stored turned, give
 * the same results as the same models in safetensors.
 */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import { fixture } from '../checkpoints.ts';
import {
  checkpointInput,
  hooks,
  merge,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  tensorsOf,
} from '../engine.ts';
import { torchArchive } from '../storedModels.ts';
import { temporaryFolder } from '../temporary.ts';

const NAMES = ['base', 'code', 'math', 'chat'];
const folder = await temporaryFolder();
const asIs = (name: string): string => fixture(`llama/${name}`);
const pickled = (name: string): string => join(folder, name);

beforeAll(async () => {
  for (const name of NAMES) {
    await mkdir(pickled(name));
    await writeFile(join(pickled(name), 'pytorch_model.bin'), torchArchive(await tensorsOf(asIs(name))));
    for (const file of ['config.json', 'generation_config.json'])
      await cp(join(asIs(name), file), join(pickled(name), file));
  }
});

/** What `work` makes of the models in safetensors, and in PyTorch's files. */
async function both<T>(work: (pathOf: (name: string) => string) => Promise<T>): Promise<[T, T]> {
  return [await work(asIs), await work(pickled)];
}

const output = async (name: string): Promise<string> => join(await temporaryFolder(), name);
const tasksOf = (pathOf: (name: string) => string) =>
  NAMES.slice(1).map(name => ({ name, path: pathOf(name) }));

test.each(['tvq', 'rtvq', 'fq'] as const)('quantized: %s', async scheme => {
  const [plain, torch] = await both(async pathOf => {
    const file = await output('x.tvq');
    await quantize(recipe(file, { base: pathOf('base'), tasks: tasksOf(pathOf), scheme, bits: 4 }), {
      threads: 2,
    });
    const bytes = await readFile(file);
    return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
  });
  expect(torch).toEqual(plain);
});

test('restored onto a base in safetensors, and in a PyTorch file', async () => {
  const file = await output('x.tvq');
  await quantize(recipe(file, { base: pickled('base'), tasks: tasksOf(pickled) }));
  const [plain, torch] = await both(async pathOf => {
    const made = await output('restored');
    await restore(restoreRecipe(file, 'code', made, { base: pathOf('base') }));
    return weightsOf(made);
  });
  expect(torch).toEqual(plain);
});

test.each(['linear', 'ties'])('merged: %s', async method => {
  const [plain, torch] = await both(async pathOf => {
    const made = await output('merged');
    const inputs = NAMES.slice(1).map(name => checkpointInput(pathOf(name), name));
    await merge(mergeRecipe(made, method, inputs, { base: pathOf('base') }));
    return weightsOf(made);
  });
  expect(torch).toEqual(plain);
});

test('a PyTorch file is no output', async () => {
  const made = await output('x.pt');
  const inputs = [checkpointInput(pickled('code'), 'code')];
  await expect(merge(mergeRecipe(made, 'linear', inputs, { base: pickled('base') }))).rejects.toThrow(
    `${made}: PyTorch files are not written; end it in .safetensors, or name a folder`,
  );
});

test('compared', async () => {
  const [plain, torch] = await both(pathOf =>
    engine.compareTasks({ base: pathOf('base'), tasks: tasksOf(pathOf) }, undefined, OPTIONS, hooks()),
  );
  expect(torch).toEqual(plain);
});

async function weightsOf(model: string): Promise<Record<string, Buffer>> {
  const files = (await readdir(model)).filter(file => file.endsWith('.safetensors'));
  return Object.fromEntries(
    await Promise.all(files.map(async file => [basename(file), await readFile(join(model, file))] as const)),
  );
}
