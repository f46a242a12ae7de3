/** `tvq quantize --scheme rtvq --budget`: the shared vector gets its bits from the same budget as the offsets. */
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, noise, writeSafetensors } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { gaussian, path, projectionOf } from './madeCheckpoints.ts';
import { testSameBytes } from './sameBytes.ts';

/** A base and four tasks that moved partly in the same direction; `w` is long, `norm` small, `same` like the base's. */
async function shared(
  changes: Partial<QuantizeRecipe> = {},
  rows = 50_001,
  values = gaussian,
): Promise<QuantizeRecipe> {
  const paths = Array.from({ length: 5 }, () => path('.safetensors'));
  for (const [i, file] of paths.entries()) {
    const [common, own] = [values(2, 0.01), values(3 + i, 0.005)];
    const value = (): number => (i === 0 ? 0.5 : 0.5 + common() + own());
    await writeSafetensors(file, {
      'layers.0.w.weight': f32([3, rows], value),
      'layers.1.v.weight': f32([97, 41], value),
      'layers.1.same.weight': f32([64, 64], () => 0.5),
      'layers.1.norm.weight': f32([97], value),
    });
  }
  const tasks = paths.slice(1).map((task, i) => ({ name: `t${i}`, path: task }));
  return tvq.recipe(path('.tvq'), {
    base: paths[0] as string,
    tasks,
    scheme: 'rtvq',
    budget: '1.5bpw',
    ...changes,
  });
}

/** Faster to make than Gaussian values. */
function uniform(seed: number, scale: number): () => number {
  const next = noise(seed);
  return () => scale * next();
}

const weights = (rows: number): number => 4 * (3 * rows + 97 * 41 + 64 * 64 + 97);

test.each(['1.5bpw', '2.5bpw', '160kB', '8%'])('%s: not above, and hardly below', async budget => {
  const asked = await shared({ budget });
  const { bytes } = await tvq.quantize(asked);
  const most = {
    '1.5bpw': (1.5 * weights(50_001)) / 8,
    '2.5bpw': (2.5 * weights(50_001)) / 8,
    '160kB': 160_000,
    '8%': 0.08 * 4 * weights(50_001),
  }[budget] as number;
  expect((await stat(asked.output)).size).toBe(bytes);
  expect(bytes).toBeLessThanOrEqual(most);
  expect(bytes).toBeGreaterThan(0.98 * most); // smaller than a megabyte
  expect((await tvq.verify(asked.output)).damaged).toEqual([]);
});

test('less error than task vectors by themselves, as far as tasks have much in common', async () => {
  const asked = await shared({ budget: '2.5bpw' });
  const alone: QuantizeRecipe = { ...asked, scheme: 'tvq', output: path('.tvq') };
  const [together, apart] = [await tvq.quantize(asked), await tvq.quantize(alone)];
  const sum = (errors: readonly number[]): number => errors.reduce((total, error) => total + error);
  expect(sum(together.relativeErrors)).toBeLessThan(0.6 * sum(apart.relativeErrors));
  for (const [task, error] of together.relativeErrors.entries()) {
    const restored = await projectionOf(asked, task);
    expect(restored.error / error).toBeCloseTo(1, 2);
    expect(restored.projection).toBeCloseTo(1, 2);
  }
});

test('the shared vector is stored once, entropy-coded, for the tensors that a budget is spent on', async () => {
  const asked = await shared();
  await tvq.quantize(asked);
  const file = await openTvq(asked.output);
  expect(file.scheme).toEqual({ scheme: 'rtvq' });
  expect(file.shared?.records.map(({ tensor, codec }) => [tensor, codec.codec]).sort()).toEqual([
    ['layers.0.w.weight', 'entropy'],
    ['layers.1.v.weight', 'entropy'],
  ]);
  expect(file.tasks[0]?.records.find(({ tensor }) => tensor.includes('norm'))?.codec).toEqual({
    codec: 'affine',
    bits: 8,
  });
});

test('of a larger budget the shared vector gets more', async () => {
  const bytesAt = async (budget: string) => {
    const asked = await shared({ budget });
    await tvq.quantize(asked);
    const records = (await openTvq(asked.output)).shared?.records ?? [];
    return records.reduce((sum, { payload }) => sum + (payload?.bytes ?? 0), 0);
  };
  expect(await bytesAt('codes=4bpw')).toBeGreaterThan(1.5 * (await bytesAt('codes=1bpw')));
});

test('error=0.1 is met, the shared vector counted in', async () => {
  const { relativeErrors } = await tvq.quantize(await shared({ budget: 'error=0.1' }));
  for (const error of relativeErrors) expect(error).toBeLessThan(0.105);
});

test.each(['minmax', 'hadamard'] as const)('offsets in codec %s', async codec => {
  const asked = await shared({ codec, budget: 'codes=2.9bpw' });
  await tvq.quantize(asked);
  const file = await openTvq(asked.output);
  const offsets = file.tasks.flatMap(({ records }) => records.filter(({ tensor }) => tensor.includes('.w.')));
  const expected = codec === 'minmax' ? 'affine' : 'codebook';
  expect(offsets.map(record => record.codec.codec)).toEqual(Array.from({ length: 4 }, () => expected));
  expect(file.shared?.records[0]?.codec.codec).toBe('entropy');
});

test('a task can be pinned to be exact; the others keep what they share', async () => {
  const asked = await shared({ rules: [{ tensors: '*.v.*', bits: 'exact', task: 't1' }], budget: '3bpw' });
  const { bytes } = await tvq.quantize(asked);
  expect(bytes).toBeLessThanOrEqual((3 * weights(50_001)) / 8);
  const { tasks, shared: common } = await openTvq(asked.output);
  const codecs = tasks.map(
    ({ records }) => records.find(({ tensor }) => tensor.includes('.v.'))?.codec.codec,
  );
  expect(codecs).toEqual(['entropy', 'exact', 'entropy', 'entropy']);
  expect(common?.records).toHaveLength(2);
  expect((await projectionOf(asked, 0)).projection).toBeCloseTo(1, 2);
});

test('a tensor that no task shares for not being finite stands alone', async () => {
  const asked = await shared({ budget: '100kB' }, 5001);
  const [task] = asked.tasks;
  await writeSafetensors(task?.path as string, {
    'layers.0.w.weight': f32([3, 5001], gaussian(9, 0.05)),
    'layers.1.v.weight': f32([97, 41], i => (i === 5 ? NaN : 0.5)),
    'layers.1.same.weight': f32([64, 64], () => 0.5),
    'layers.1.norm.weight': f32([97], gaussian(4, 0.01)),
  });
  await tvq.quantize(asked);
  const { tasks, shared: common } = await openTvq(asked.output);
  expect(common?.records.map(({ tensor }) => tensor)).toEqual(['layers.0.w.weight']);
  const codecs = tasks.map(
    ({ records }) => records.find(({ tensor }) => tensor.includes('.v.'))?.codec.codec,
  );
  expect(codecs).toEqual(['exact', 'entropy', 'entropy', 'entropy']);
});

testSameBytes(rows => shared({}, rows, uniform), 278 * 2 ** 20);

test('merges read it: one task as it is restored, the sum of all as the shared vector says', async () => {
  const asked = await shared();
  await tvq.quantize(asked);
  const inputsOf = (tasks: QuantizeRecipe['tasks']) =>
    tasks.map(({ name }) => ({ name, path: asked.output, task: name }));
  const merged = async (tasks: QuantizeRecipe['tasks']) => {
    const output = path('');
    const parameters = { scale: 1 / tasks.length };
    await tvq.merge(
      tvq.mergeRecipe(output, 'task_arithmetic', inputsOf(tasks), { base: asked.base, parameters }),
    );
    return tvq.valuesOf((await tvq.tensorsOf(output)).get('layers.0.w.weight') as never);
  };
  const restored = path('.safetensors');
  await tvq.restore(tvq.restoreRecipe(asked.output, 't0', restored, { base: asked.base }));
  const one = tvq.valuesOf((await tvq.tensorsOf(restored)).get('layers.0.w.weight') as never);
  const alone = await merged(asked.tasks.slice(0, 1));
  expect(alone.findIndex((value, i) => Math.abs(value - (one[i] as number)) > 1e-6)).toBe(-1);

  const sources = await Promise.all([asked.base, ...asked.tasks.map(task => task.path)].map(tvq.tensorsOf));
  const [base, ...tuned] = sources.map(file => tvq.valuesOf(file.get('layers.0.w.weight') as never));
  const all = await merged(asked.tasks);
  let [error, energy] = [0, 0];
  for (const [i, value] of all.entries()) {
    const mean = tuned.reduce((sum, one) => sum + (one[i] as number), 0) / tuned.length;
    error += (value - mean) ** 2;
    energy += (mean - (base?.[i] as number)) ** 2;
  }
  expect(error / energy).toBeLessThan(0.05);
});

test('analyze measures the shared vector, and the offsets given each of its choices', async () => {
  const asked = await shared({}, 2001);
  const { tensors: analyses } = await engine.analyze(asked, tvq.OPTIONS, tvq.hooks());
  const of = (tensor: string) => analyses.filter(one => one.tensor === tensor);
  const [base, ...offsets] = of('layers.0.w.weight');
  expect(offsets).toHaveLength(4);
  const steps = base?.choices.length as number;
  expect(steps).toBeGreaterThan(1);
  for (const { choices, energy } of offsets) {
    expect(new Set(choices.map(({ given }) => given)).size).toBe(steps);
    for (const { error } of choices) expect(error.nearest).toBeLessThan(energy);
  }
  // If tasks have much in common, the shared vector makes up most of them.
  expect(base?.energy).toBeGreaterThan(0.5 * (offsets[0]?.energy as number));
  // Offsets of the same step correct the shared vector's error, using more bytes.
  const bytesAt = (given: number) =>
    Math.max(...(offsets[0]?.choices.filter(choice => choice.given === given) ?? []).map(one => one.bytes));
  expect(base?.choices.at(-1)?.bytes).toBeLessThan(base?.choices[0]?.bytes as number);
  expect(bytesAt(steps - 1)).toBeGreaterThan(0);
});

test('the shared vector can be measured by itself, as a table', async () => {
  const asked = await shared({ scheme: 'tvq', budget: undefined }, 2001);
  const table = await engine.analyzeShared(asked, tvq.OPTIONS, tvq.hooks());
  expect(table.tasks).toEqual(['@shared']);
  expect(table.tensors.map(({ name }) => name).sort()).toEqual(['layers.0.w.weight', 'layers.1.v.weight']);
  expect(table.slots.end).toHaveLength(2);
  const { tensors: all } = await engine.analyze({ ...asked, scheme: 'rtvq' }, tvq.OPTIONS, tvq.hooks());
  const given = all.find(({ output, tensor }) => output === 0 && tensor === 'layers.0.w.weight');
  const at = table.tensors.findIndex(({ name }) => name === 'layers.0.w.weight');
  expect(table.slots.energy[at]).toBeCloseTo(given?.energy as number, 6);
  // More bits, less error, as for any vector.
  const [first, end] = [at === 0 ? 0 : (table.slots.end[at - 1] as number), table.slots.end[at] as number];
  expect(end - first).toBeGreaterThan(20);
  expect(table.choices.error[first]).toBeLessThan(0.001 * (table.slots.energy[at] as number));
  expect(table.choices.error[end - 1]).toBeGreaterThan(table.choices.error[first] as number);
});
