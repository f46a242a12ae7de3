/** Pipelines of diffusers: each component is a checkpoint, and the folder around them lists them or stands for one. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { summarizeCheckpoints } from '../../extension/formats/discover.ts';
import { f32, writeSafetensors } from '../checkpoints.ts';
import { tvq } from '../command.ts';
import { checkpointInput, merge, mergeRecipe, quantize, recipe, tensorsOf, valuesOf } from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

/** Writes components whose weights have one value. */
async function pipeline(value: number, ...components: readonly string[]): Promise<string> {
  const folder = path();
  await mkdir(join(folder, 'scheduler'), { recursive: true });
  await writeFile(join(folder, 'scheduler', 'scheduler_config.json'), '{}');
  await writeFile(join(folder, 'model_index.json'), '{}');
  for (const component of components) {
    const file = join(folder, component, 'diffusion_pytorch_model.safetensors');
    await mkdir(dirname(file));
    await writeSafetensors(file, { 'conv.weight': f32([4, 4], i => value * (1 + i)) });
  }
  return folder;
}

const asked = (base: string, input: string) =>
  mergeRecipe(path(), 'task_arithmetic', [checkpointInput(input, 'a')], { base, parameters: { scale: 1 } });

const firstValue = async (output: string) =>
  valuesOf((await tensorsOf(output)).get('conv.weight') as Parameters<typeof valuesOf>[0])[0];

const said = (folder: string) =>
  `${folder}: a pipeline; its component unet is read, the only one that all models have`;

test('inspect lists the components with their sizes', async () => {
  const folder = await pipeline(1, 'vae', 'unet');
  await mkdir(join(folder, 'broken'));
  await writeFile(join(folder, 'broken', 'model.safetensors'), 'x');
  const { status, stdout, stderr } = await tvq('inspect', folder);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^pipeline +\d+ B in 2 components/m);
  expect(stdout).toMatch(/^unet +\d+ B +16 +unknown +F32\nvae +\d+ B +16 +unknown +F32$/m);
  expect(stderr).toContain(join(folder, 'broken', 'model.safetensors'));
  const json = JSON.parse((await tvq('inspect', '--json', folder)).stdout) as {
    components: { name: string; parameters: number }[];
  };
  expect(json.components).toMatchObject([
    { name: 'unet', parameters: 16 },
    { name: 'vae', parameters: 16 },
  ]);
});

test('a search finds the components', async () => {
  const folder = await pipeline(1, 'vae', 'unet');
  const files = ['unet', 'vae'].map(name => join(folder, name, 'diffusion_pytorch_model.safetensors'));
  const { checkpoints } = await summarizeCheckpoints(files);
  expect(checkpoints.map(({ path: found }) => found)).toEqual([join(folder, 'unet'), join(folder, 'vae')]);
});

test.each([
  ['of a pipeline with one', async () => pipeline(3, 'unet')],
  ['of its own', async () => join(await pipeline(3, 'unet', 'vae'), 'unet')],
])('the only component that both have is taken: %s', async (_, input) => {
  const base = await pipeline(1, 'unet', 'vae');
  const { output, warnings } = await merge(asked(base, await input()));
  expect(await firstValue(output)).toBe(3);
  expect(warnings).toContain(said(base));
});

test('so it is for quantizing', async () => {
  const [base, a] = [await pipeline(1, 'unet'), await pipeline(3, 'unet', 'vae')];
  const { tensors, warnings } = await quantize(
    recipe(path('.tvq'), { base, tasks: [{ name: 'a', path: a }] }),
  );
  expect(tensors).toMatchObject({ quantized: 1, kept: 0 });
  expect(warnings).toEqual([said(base), said(a)]);
});

test('if there are several, or none, they are named', async () => {
  const base = await pipeline(1, 'unet', 'vae');
  const several = 'a pipeline of several models; name one of its folders: unet, vae';
  await expect(merge(asked(base, await pipeline(3, 'unet', 'vae')))).rejects.toThrow(several);
  await expect(merge(asked(base, await pipeline(3, 'transformer')))).rejects.toThrow(
    'name one of its folders',
  );
});
