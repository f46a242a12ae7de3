/** The numbers of merge-report.json, against what can be told from the tensors themselves. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { METHODS } from '../../extension/engine/merge/registry.ts';
import type { MergeReport } from '../../extension/engine/merge/report.ts';
import type { MergeRecipe } from '../../extension/protocol.ts';
import { f32, noise, writeSafetensors } from '../checkpoints.ts';
import { BACKENDS, checkpointInput, merge, mergeRecipe, tensorsOf, valuesOf } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
let outputs = 0;
const path = (suffix = '') => join(folder, `${outputs++}${suffix}`);

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

async function reported(
  method: string,
  changes: Partial<MergeRecipe> = {},
  count = 3,
  backend: (typeof BACKENDS)[number] = 'cpu',
) {
  const asked = mergeRecipe(path(), method, inputs(count), { base, ...changes });
  const { report } = await merge(asked, { backend });
  const output = method === 'emr' ? join(asked.output, 'one') : asked.output;
  const text = await readFile(join(output, 'merge-report.json'), 'utf8');
  const written = JSON.parse(text) as MergeReport;
  expect(written.model).toEqual(report);
  return { ...written, output };
}

/** What a checkpoint adds to the base, all tensors in a row. */
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
  });
  expect(layers).toHaveLength(3);
  expect(tensors.map(({ tensor }) => tensor)).toEqual(['blocks.0.w', 'blocks.1.w', 'norm']);
});

describe.each(BACKENDS)('the share that a method keeps (%s)', backend => {
  const kept = async (method: string, parameters: MergeRecipe['parameters'] = {}) => {
    const { tensors, model } = await reported(method, { parameters }, 3, backend);
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
