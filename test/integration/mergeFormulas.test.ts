/** What merge methods promise, tested on whole merges. */
import { describe, expect, test } from 'vitest';
import type { MergeInput } from '../../extension/protocol/recipes.ts';
import { f32, noise, writeSafetensors } from '../checkpoints.ts';
import { BACKENDS, checkpointInput, merge, mergeRecipe, tensorsOf, valuesOf } from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

/** Reproducible numbers, from a task's and a tensor's number. */
const valuesFrom = (task: number, tensor: number) => noise(100 * task + tensor + 1);

/** Merges fine-tuned models of a base of zeros. @returns the merged task vectors */
async function deltas(
  method: string,
  tensors: Readonly<Record<string, readonly number[]>>,
  changes: Parameters<typeof mergeRecipe>[3],
  backend: (typeof BACKENDS)[number],
  tasks = 1,
) {
  const write = async (valueOf: (tensor: number) => (i: number) => number) => {
    const file = path('.safetensors');
    const made = Object.entries(tensors).map(([name, shape], at) => [name, f32(shape, valueOf(at))] as const);
    await writeSafetensors(file, Object.fromEntries(made));
    return file;
  };
  const base = await write(() => () => 0);
  const inputs: MergeInput[] = [];
  for (let task = 0; task < tasks; task++)
    inputs.push(checkpointInput(await write(tensor => valuesFrom(task, tensor)), `t${task}`));
  const asked = mergeRecipe(path(), method, inputs, { base, ...changes });
  await merge(asked, { backend });
  return new Map([...(await tensorsOf(asked.output))].map(([name, tensor]) => [name, valuesOf(tensor)]));
}

const kept = (values: Float32Array | undefined) =>
  (values ?? new Float32Array()).filter(value => value !== 0).length / (values?.length ?? 1);

describe.each(BACKENDS)('%s', backend => {
  test('densities by layer count in one ranking over the model', async () => {
    const tensors = Object.fromEntries([0, 1, 2].map(i => [`layers.${i}.w`, [64, 64]]));
    const found = await deltas('ties', tensors, { parameters: { density: [0, 1] } }, backend);
    expect(kept(found.get('layers.0.w'))).toBe(0);
    expect(kept(found.get('layers.1.w'))).toBeCloseTo(0.5, 1);
    expect(kept(found.get('layers.2.w'))).toBeGreaterThan(0.99);
  });

  test('ties with negative weights: an entry counts where w·τ has the elected sign, sums that cancel stand', async () => {
    const weights = [2, -1, -0.5];
    const found = await deltas(
      'ties',
      { w: [512] },
      { parameters: { density: 1, scale: 1 }, inputParameters: weights.map(weight => ({ weight })) },
      backend,
      3,
    );
    const xs = weights.map((_, task) => Float32Array.from({ length: 512 }, valuesFrom(task, 0)));
    const wanted = xs[0]!.map((_, i) => {
      const parts = xs.map((x, t) => weights[t]! * x[i]!);
      const sign = Math.sign(parts.reduce((a, b) => a + b));
      const agree = weights.flatMap((weight, t) =>
        Math.sign(parts[t]!) === sign ? [[weight, parts[t]!]] : [],
      );
      const [total, sum] = [0, 1].map(k => agree.reduce((all, pair) => all + pair[k]!, 0));
      return Math.abs(total!) < 1e-8 ? sum! : sum! / total!;
    });
    expect([...found.get('w')!].every((x, i) => Math.abs(x - wanted[i]!) < 1e-4)).toBe(true);
  });

  test('della: a density of 0 keeps nothing', async () => {
    const found = await deltas('della', { w: [8, 64] }, { parameters: { density: 0 } }, backend);
    expect(kept(found.get('w'))).toBe(0);
  });

  test('consensus_ta: a weight of 2 is a task vector twice as long', async () => {
    const found = await deltas(
      'consensus_ta',
      { w: [256] },
      { parameters: { scale: 1, k: 1, mask_lambda: 1 }, inputParameters: [{ weight: 2 }, { weight: -1 }] },
      backend,
      2,
    );
    const [a, b] = [0, 1].map(task => Float32Array.from({ length: 256 }, valuesFrom(task, 0)));
    const wanted = a!.map((x, i) => {
      const [p, q] = [2 * x, -b![i]!];
      return Math.abs(p) > Math.abs(q) || Math.abs(q) > Math.abs(p) ? p + q : 0;
    });
    expect([...found.get('w')!].every((x, i) => Math.abs(x - wanted[i]!) < 1e-5)).toBe(true);
  });
});

test('trim by filter: some tensors are ranked over the model, others by themselves', async () => {
  const tensors = { 'a.w': [64, 64], 'b.w': [64, 64], 'c.w': [64, 64] };
  const trim = [
    { filter: 'c', value: 'tensor' },
    { filter: undefined, value: 'global' },
  ];
  const found = await deltas('ties', tensors, { parameters: { density: 0.3, trim } }, 'cpu');
  const shares = Object.keys(tensors).map(name => kept(found.get(name)));
  expect(shares[2]).toBeCloseTo(0.3, 3);
  expect((shares[0]! + shares[1]!) / 2).toBeCloseTo(0.3, 3);
  expect(shares[0]).not.toBe(shares[1]);
});

describe('rows longer than a window of the CPU backend', () => {
  const length = 300_001;
  const GIVEN = {
    della: { density: 0.5, rescale: 'none' },
    breadcrumbs: { gamma: 0.1, beta: 0.5, scale: 1 },
  } as const;

  // Seven rows do not fit into one span: the second span begins within an aligned block.
  test.each(['della', 'breadcrumbs'] as const)('%s', async method => {
    const asked = async (backend: (typeof BACKENDS)[number], rows: number) =>
      (await deltas(method, { w: [rows, length] }, { parameters: GIVEN[method] }, backend)).get('w')!;
    const w = await asked('cpu', 7);
    for (let row = 0; row < 7; row++)
      expect(kept(w.subarray(row * length, (row + 1) * length))).toBeCloseTo(
        method === 'della' ? 0.5 : 0.45,
        2,
      );
    const [cpu, gpu] = await Promise.all(BACKENDS.map(backend => asked(backend, 1)));
    expect(gpu).toEqual(cpu);
  });

  test('a row beyond the limit is refused when it is planned', async () => {
    const asked = deltas('della', { w: [1, 2 ** 20 + 1] }, { parameters: GIVEN.della }, 'cpu');
    await expect(asked).rejects.toThrow(/"w" with rows of 1048577, up to 1048576 are supported/);
  });
});
