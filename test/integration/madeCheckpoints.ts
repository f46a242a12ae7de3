/** Synthetic checkpoints for tests, quantized, restored and compared with the originals. */
import { copyFile, readFile } from 'node:fs/promises';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { MergeInput, QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, noise, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { sharedPaths } from '../temporary.ts';

export const path = await sharedPaths();
export const content = async (file: string): Promise<Buffer> =>
  (await readFile(file)).subarray((await openTvq(file)).headerBytes);

/** Nearly Gaussian values: sums of uniform ones. */
export function gaussian(seed: number, scale: number): () => number {
  const next = noise(seed);
  return () => scale * (next() + next() + next() + next() + next() + next());
}

const written = new Map<number, Promise<readonly string[]>>();

/** The checkpoints for tensors with this many rows, made once for all tests of a process. */
async function checkpointsOf(rows: number): Promise<readonly string[]> {
  const checkpoint = (task: number): Record<string, MadeTensor> => {
    const value = gaussian(task + 1, 0.01);
    return {
      'layers.0.w.weight': f32([3, rows], value),
      'layers.1.v.weight': f32([97, 41], value),
      'layers.1.same.weight': f32([64, 64], () => 0.5),
      'layers.1.norm.weight': f32([97], value),
    };
  };
  const paths = [path('.safetensors'), path('.safetensors'), path('.safetensors')];
  for (const [i, file] of paths.entries()) await writeSafetensors(file, checkpoint(i));
  return paths;
}

/** A base and two tasks: a tensor longer than a span, some that end in the middle of everything, a norm, a constant. */
export async function made(changes: Partial<QuantizeRecipe> = {}, rows = 700_001): Promise<QuantizeRecipe> {
  const files = written.get(rows) ?? checkpointsOf(rows);
  written.set(rows, files);
  // The caller may overwrite them.
  const copies = (await files).map(async file => {
    const copy = path('.safetensors');
    await copyFile(file, copy);
    return copy;
  });
  const paths = await Promise.all(copies);
  const tasks = paths.slice(1).map((task, i) => ({ name: `t${i}`, path: task }));
  return tvq.recipe(path('.tvq'), { base: paths[0] as string, tasks, ...changes });
}

/** Sums over a task's vector τ and the restored one τ̂. */
export async function projectionOf(asked: QuantizeRecipe, task: number) {
  const { name, path: source } = asked.tasks[task] as QuantizeRecipe['tasks'][number];
  const output = path('.safetensors');
  await tvq.restore(tvq.restoreRecipe(asked.output, name, output, { base: asked.base }));
  const [base, tuned, restored] = await Promise.all([asked.base, source, output].map(tvq.tensorsOf));
  let [along, energy, error] = [0, 0, 0];
  for (const [tensor, values] of tuned ?? []) {
    const b = tvq.valuesOf(base?.get(tensor) as typeof values);
    const r = tvq.valuesOf(restored?.get(tensor) as typeof values);
    const v = tvq.valuesOf(values);
    for (let i = 0; i < v.length; i++) {
      const t = (v[i] as number) - (b[i] as number);
      const back = (r[i] as number) - (b[i] as number);
      along += t * back;
      energy += t * t;
      error += (t - back) ** 2;
    }
  }
  return { projection: along / energy, error: error / energy };
}

/** Methods that add task vectors up: all at once, or row by row. */
const SUMS = { task_arithmetic: {}, breadcrumbs: { beta: 1, gamma: 0 } };

/** Maximum difference between merges of a file's tasks and of the restored tasks, for each method. */
export async function mergeDifferences(
  { base, output: file, tasks }: QuantizeRecipe,
  methods: readonly (keyof typeof SUMS)[],
): Promise<number[]> {
  const coded = tasks.map(({ name }) => ({ name, path: file, task: name }));
  const restored = await Promise.all(
    tasks.map(async ({ name }) => {
      const output = path('.safetensors');
      await tvq.restore(tvq.restoreRecipe(file, name, output, { base }));
      return { name, path: output, task: undefined };
    }),
  );
  const merged = async (method: keyof typeof SUMS, inputs: readonly MergeInput[]) => {
    const output = path('');
    await tvq.merge(tvq.mergeRecipe(output, method, inputs, { base, parameters: SUMS[method] }));
    return tvq.valuesOf((await tvq.tensorsOf(output)).get('layers.0.w.weight') as never);
  };
  return Promise.all(
    methods.map(async method => {
      const [a, b] = await Promise.all([merged(method, coded), merged(method, restored)]);
      return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
    }),
  );
}
