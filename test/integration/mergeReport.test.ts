/** The numbers of merge-report.json, compared with those computed from the tensors themselves. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { METHODS } from '../../extension/engine/merge/methods/registry.ts';
import type { MergeReport } from '../../extension/engine/merge/output/report.ts';
import type { MergeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, noise, writeSafetensors } from '../checkpoints.ts';
import {
  checkpointInput,
  merge,
  mergeRecipe,
  quantize,
  recipe as quantizeRecipe,
  tensorsOf,
  valuesOf,
} from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

const NAMES = ['one', 'two', 'three'];
const SHAPE = [60, 77] as const;
let base: string;
let files: string[];

beforeAll(async () => {
  const next = noise(5);
  const write = async (scale: number) => {
    const file = path('.safetensors');
    await writeSafetensors(file, {
      'blocks.0.w': f32(SHAPE, () => scale * next()),
      'blocks.1.w': f32([4, 8], () => scale * next()),
      norm: f32([16], () => scale * next()),
    });
    return file;
  };
  base = await write(1);
  files = [await write(1), await write(1.5), await write(0.5)];
});

const inputs = (count = 3) =>
  files.slice(0, count).map((file, i) => checkpointInput(file, NAMES[i] as string));

async function reported(method: string, changes: Partial<MergeRecipe> = {}, count = 3) {
  const asked = mergeRecipe(path(), method, inputs(count), { base, ...changes });
  const { report } = await merge(asked);
  const output = method === 'emr' ? join(asked.output, 'one') : asked.output;
  const text = await readFile(join(output, 'merge-report.json'), 'utf8');
  const written = JSON.parse(text) as MergeReport;
  expect(written.model).toEqual(report);
  return { ...written, output };
}

/** What a checkpoint adds to the base, all tensors concatenated. */
async function deltaOf(file: string): Promise<Float64Array> {
  const [theirs, ours] = await Promise.all([tensorsOf(file), tensorsOf(base)]);
  const parts = [...ours].map(([name, tensor]) => {
    const start = valuesOf(tensor);
    return Array.from(valuesOf(theirs.get(name)!), (value, i) => value - (start[i] as number));
  });
  return Float64Array.from(parts.flat());
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
const norm = (a: Float64Array) => Math.sqrt(dot(a, a));

test.each(METHODS.filter(({ name }) => name !== 'emr'))(
  '$name: norms and cosines are those of what was written less the base',
  async ({ name, maximumInputs }) => {
    const count = Math.min(3, maximumInputs ?? 3);
    const { reference, model, output } = await reported(name, {}, count);
    const delta = await deltaOf(output);
    expect(reference).toBe('base');
    expect(model.norm! / norm(delta)).toBeCloseTo(1, 4);
    for (const [i, input] of model.inputs.entries()) {
      const own = await deltaOf(files[i] as string);
      expect(input.norm! / norm(own)).toBeCloseTo(1, 4);
      expect(input.cosine).toBeCloseTo(dot(delta, own) / (norm(delta) * norm(own)), 4);
    }
  },
);

test('without a base there is nothing that deltas could be counted from', async () => {
  const { reference, model, layers, tensors } = await reported('linear', { base: undefined });
  expect(reference).toBe('none');
  expect(model).toEqual({
    norm: null,
    inputs: NAMES.map(name => ({ name, norm: null, cosine: null, kept: null })),
    signConflicts: null,
    difference: null,
  });
  expect(layers).toHaveLength(3);
  expect(tensors.map(({ tensor }) => tensor)).toEqual(['blocks.0.w', 'blocks.1.w', 'norm']);
});

test('parameters are all written out, those of each input too', async () => {
  const density = [{ filter: 'norm', value: [0.5, 1] }];
  const asked = mergeRecipe(path(), 'ties', inputs(2), {
    base,
    parameters: { merge: 'sum', weight: 2 },
    inputParameters: [{ density }, { weight: [0, 1] }],
  });
  const result = await merge(asked);
  const text = await readFile(join(asked.output, 'merge-report.json'), 'utf8');
  const written = JSON.parse(text) as Pick<typeof result, 'parameters' | 'inputParameters'>;
  for (const { parameters, inputParameters } of [result, written]) {
    expect(parameters).toEqual({ scale: 1, weight: 2, density: 0.2, trim: 'global', merge: 'sum' });
    expect(inputParameters).toEqual({
      one: { weight: 2, density },
      two: { weight: [0, 1], density: 0.2 },
    });
  }
});

describe('the share that a method keeps', () => {
  const kept = async (method: string, parameters: MergeRecipe['parameters'] = {}) => {
    const { tensors, model } = await reported(method, { parameters });
    const large = tensors.find(({ tensor }) => tensor === 'blocks.0.w')!;
    return { large: large.inputs.map(input => input.kept!), model: model.inputs.map(input => input.kept!) };
  };
  const count = SHAPE[0] * SHAPE[1];

  test('ties: the density, in each tensor or over the model', async () => {
    const own = await kept('ties', { density: 0.3, trim: 'tensor' });
    expect(own.large).toEqual(NAMES.map(() => Math.floor(0.3 * count) / count));
    const all = await kept('ties', { density: 0.3 });
    for (const share of all.model) expect(share).toBeCloseTo(0.3, 3);
  });

  test('breadcrumbs: so many of each row', async () => {
    const { large } = await kept('breadcrumbs', { beta: 0.15, gamma: 0.02 });
    const row = Math.floor(0.15 * (SHAPE[1] - Math.floor(0.02 * SHAPE[1]))) / SHAPE[1];
    expect(large).toEqual([row, row, row]);
  });

  test.each(['dare_linear', 'dare_ties', 'della_linear', 'della'])('%s: about the density', async method => {
    for (const share of (await kept(method, { density: 0.4 })).large)
      expect(Math.abs(share - 0.4)).toBeLessThan(4 * Math.sqrt(0.24 / count)); // four standard deviations
  });

  test('consensus_ta: weights that enough tasks need', async () => {
    const deltas = await Promise.all(files.map(deltaOf));
    const first = deltas[0] as Float64Array;
    const needed = first.map((_, i) => {
      const values = deltas.map(delta => delta[i] as number);
      const sum = values.reduce((a, b) => a + b, 0);
      return values.filter(value => Math.abs(value) > 0.4 * Math.abs(sum - value)).length;
    });
    const share = needed.filter(votes => votes >= 3).length / first.length;
    for (const found of (await kept('consensus_ta', { k: 3 })).model) expect(found).toBeCloseTo(share, 4);
  });

  test('emr: weights of the sign of the sum', async () => {
    const deltas = await Promise.all(files.map(deltaOf));
    const { model } = await kept('emr');
    for (const [i, delta] of deltas.entries()) {
      const agree = delta.filter((value, j) => value * deltas.reduce((sum, other) => sum + other[j]!, 0) > 0);
      expect(model[i]).toBeCloseTo(agree.length / delta.length, 4);
    }
  });
});

test('weights in front of a window that begins inside of a row are not counted twice', async () => {
  const shape = [7000, 77];
  const next = noise(9);
  const [start, tuned] = [path('.safetensors'), path('.safetensors')];
  for (const file of [start, tuned]) await writeSafetensors(file, { w: f32(shape, next) });
  const asked = mergeRecipe(path(), 'breadcrumbs', [checkpointInput(tuned, 'one')], { base: start });
  const { report } = await merge(asked);
  expect(report.inputs[0]?.kept).toBeCloseTo(Math.floor(0.15 * 77) / 77, 5);
});

test('a GPU tells the same', async () => {
  const { model, tensors } = await reported('consensus_ta');
  const asked = mergeRecipe(path(), 'consensus_ta', inputs(), { base });
  const { report } = await merge(asked, { backend: 'webgpu' });
  expect(report).toEqual(model);
  const text = await readFile(join(asked.output, 'merge-report.json'), 'utf8');
  expect((JSON.parse(text) as MergeReport).tensors).toEqual(tensors);
});

test('sce and pcb: what they select', async () => {
  const sce = await reported('sce', { parameters: { select_topk: 0.25 } });
  for (const { kept } of sce.model.inputs) expect(kept).toBeCloseTo(0.25, 2);
  const pcb = await reported('pcb', { parameters: { ratio: 0.1 } });
  for (const { kept } of pcb.model.inputs) expect(kept).toBeCloseTo(0.1, 2);
});

test.each(['task_arithmetic', 'magmax', 'linear', 'model_stock', 'tsv_m', 'iso_c'])(
  '%s keeps everything, so there is no share',
  async method => {
    const { model } = await reported(method);
    expect(model.inputs.map(({ kept }) => kept)).toEqual([null, null, null]);
  },
);

describe('the difference from full precision', () => {
  let compare: MergeRecipe['compare'];
  const tvqFiles: Record<string, string> = {};
  const fromTvq = (scheme: string) =>
    NAMES.map(name => ({ name, path: tvqFiles[scheme] as string, task: name }));

  beforeAll(async () => {
    compare = NAMES.map((name, i) => ({ name, path: files[i] as string }));
    for (const scheme of ['tvq', 'rtvq', 'fq'] as const) {
      const file = (tvqFiles[scheme] = path('.tvq'));
      await quantize(quantizeRecipe(file, { base, tasks: compare, scheme, bits: scheme === 'fq' ? 6 : 2 }));
    }
  });

  /** ‖Δ − Δ'‖² / ‖Δ'‖² of models that were merged from quantized and from original checkpoints. */
  const between = async (quantized: readonly string[], exact: readonly string[]) => {
    let [error, energy] = [0, 0];
    for (const [i, file] of quantized.entries()) {
      const [theirs, ours] = [await deltaOf(file), await deltaOf(exact[i] as string)];
      error += theirs.reduce((sum, value, j) => sum + (value - (ours[j] as number)) ** 2, 0);
      energy += dot(ours, ours);
    }
    return error / energy;
  };

  test.each([
    ['task_arithmetic', 'tvq'],
    ['task_arithmetic', 'rtvq'], // one job reads the shared vector, the other every checkpoint
    ['ties', 'tvq'],
    ['ties', 'fq'],
    ['breadcrumbs', 'rtvq'],
    ['emr', 'tvq'],
    ['linear', 'tvq'],
    ['karcher', 'rtvq'],
    ['tsv_m', 'tvq'],
  ])('%s of %s', async (method, scheme) => {
    const asked = { base, lines: method === 'ties' ? { alpha: 0.2, beta: 0.8 } : undefined };
    const plain = mergeRecipe(path(), method, fromTvq(scheme), asked);
    const compared = { ...plain, output: path(), compare };
    const exact = mergeRecipe(path(), method, inputs(), asked);
    const [{ report: without }, { report }] = [await merge(plain), await merge(compared), await merge(exact)];
    const models = (output: string) => (method === 'emr' ? NAMES.map(name => join(output, name)) : [output]);
    const expected = await between(models(compared.output), models(exact.output));
    expect(expected).toBeGreaterThan(0);
    expect(report.difference! / expected).toBeCloseTo(1, 3);
    expect({ ...report, difference: null }).toEqual(without);
    for (const [i, model] of models(plain.output).entries()) {
      const weights = (folder: string) => readFile(join(folder, 'model.safetensors'));
      const same = await weights(models(compared.output)[i] as string);
      expect((await weights(model)).equals(same)).toBe(true);
    }
  });

  test('by tensor and by layer too', async () => {
    const asked = mergeRecipe(path(), 'ties', fromTvq('tvq'), { base, compare });
    await merge(asked);
    const text = await readFile(join(asked.output, 'merge-report.json'), 'utf8');
    const { tensors, layers } = JSON.parse(text) as MergeReport;
    for (const { difference } of [...tensors, ...layers]) expect(difference).toEqual(expect.any(Number));
  });

  test('is left out when another checkpoint was given, which is said', async () => {
    const wrong = [compare[1]!.path, compare[0]!.path, compare[2]!.path];
    const swapped = compare.map(({ name }, i) => ({ name, path: wrong[i] as string }));
    const asked = mergeRecipe(path(), 'ties', fromTvq('tvq'), { base, compare: swapped });
    const { report, warnings } = await merge(asked);
    expect(report.difference).toBeNull();
    expect(warnings.filter(line => line.includes('not the checkpoint that'))).toHaveLength(2);
  });

  test.each([
    ['a name that is no task', () => [{ name: 'four', path: files[0]! }, ...compare], '"four" is not a task'],
    ['a task without its checkpoint', () => compare.slice(1), 'the checkpoint of task "one" is missing'],
    ['two for one task', () => [...compare, compare[0]!], 'two checkpoints are compared with one task'],
  ])('%s is refused', async (_, given, message) => {
    const asked = mergeRecipe(path(), 'ties', fromTvq('tvq'), { base, compare: given() });
    await expect(merge(asked)).rejects.toThrow(message);
  });
});
