/** Adapters extracted from the llama fixtures, applied again, against the best that any product of their rank can do. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { planExtract } from '../../extension/engine/extract/plan.ts';
import { loadKernels } from '../../extension/engine/kernels.ts';
import { svd } from '../../extension/engine/merge/math/svd.ts';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { readSource } from '../../extension/engine/tensors/sourceKinds.ts';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import { applyAdapter } from '../../extension/formats/lora/applyAdapter.ts';
import type { TensorSource } from '../../extension/formats/tensorSource.ts';
import { f32, fixture, noise, writeModelFolder } from '../checkpoints.ts';
import { tvq } from '../command.ts';
import {
  checkpointInput,
  extract,
  extractRecipe,
  leftovers,
  merge,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  tensorsOf,
  valuesOf,
} from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const files = new FilePool();
afterAll(() => files.close());
const context = { files, kernels: await loadKernels(), signal: new AbortController().signal };
const base = fixture('llama/base');

async function read(source: TensorSource): Promise<Float32Array> {
  const view = new Uint8Array(source.bytes);
  await readSource(context, source, view, 0);
  return new Float32Array(view.buffer);
}

/** What an adapter adds to its base, by tensor. */
async function changesOf(adapter: string, of = base): Promise<Map<string, Float32Array>> {
  const original = await openCheckpoint(of);
  const { checkpoint, problems } = await applyAdapter(await openCheckpoint(adapter), original);
  expect(problems).toEqual([]);
  const before = await tensorsOf(of);
  const changes = new Map<string, Float32Array>();
  for (const [name, source] of checkpoint.tensors) {
    if (source.kind !== 'adapted') continue;
    const from = valuesOf(before.get(name)!);
    changes.set(
      name,
      (await read(source)).map((value, i) => value - from[i]!),
    );
  }
  return changes;
}

/** Fine-tuned minus base, by tensor. */
async function deltasOf(tuned: string, of = base): Promise<Map<string, Float32Array>> {
  const [a, b] = [await tensorsOf(tuned), await tensorsOf(of)];
  return new Map(
    [...b].map(([name, tensor]) => {
      const after = valuesOf(a.get(name)!);
      return [name, valuesOf(tensor).map((value, i) => after[i]! - value)];
    }),
  );
}

const squares = (values: Iterable<number>): number =>
  [...values].reduce((sum, value) => sum + value * value, 0);
const distance = (a: Float32Array, b: Float32Array): number => squares(a.map((value, i) => value - b[i]!));

/** Eckart and Young: what the best product of this rank loses. */
const bound = (delta: Float32Array, [rows, cols]: readonly number[], rank: number): number =>
  squares(svd(new Float64Array(delta), cols!, rows!).s.subarray(rank));

describe('of a fine-tuned model', () => {
  test.each([1, 4, 16])('at rank %i it is as near as any product', async rank => {
    const output = path();
    const result = await extract(extractRecipe(fixture('llama/math'), output, { rank, dtype: 'F32' }));
    const [changes, deltas] = [await changesOf(output), await deltasOf(fixture('llama/math'))];
    const shapes = await tensorsOf(base);
    expect(changes.size).toBe(16); // 7 matrices in each of 2 layers, the embedding and the head
    let [total, lost] = [0, 0];
    for (const [name, change] of changes) {
      const delta = deltas.get(name)!;
      const best = bound(delta, shapes.get(name)!.shape, rank);
      const error = distance(change, delta);
      const told = result.modules.find(module => `${module.name}.weight` === name)!;
      expect(error, name).toBeLessThan(1.01 * best + 1e-9 * squares(delta));
      expect(told.error, name).toBeCloseTo(error / squares(delta), 5);
      expect(told.rank).toBe(Math.min(rank, ...shapes.get(name)!.shape));
      total += squares(delta);
      lost += error;
    }
    expect(result.error).toBeCloseTo(lost / total, 5);
  });

  test('at full rank it is the change itself', async () => {
    const output = path();
    const result = await extract(extractRecipe(fixture('llama/code'), output, { rank: 96, dtype: 'F32' }));
    const [changes, deltas] = [await changesOf(output), await deltasOf(fixture('llama/code'))];
    for (const [name, change] of changes)
      expect(distance(change, deltas.get(name)!), name).toBeLessThan(1e-9 * squares(deltas.get(name)!));
    expect(result.error).toBeLessThan(1e-10);
  });
});

/** Whether an adapter is, to rounding, the difference of two models. */
async function expectChange(adapter: string, tuned: string, of = base): Promise<void> {
  const [changes, deltas] = [await changesOf(adapter, of), await deltasOf(tuned, of)];
  expect(changes.size).toBeGreaterThan(0);
  for (const [name, change] of changes)
    expect(distance(change, deltas.get(name)!), name).toBeLessThan(1e-9 * squares(deltas.get(name)!));
}

describe('of a task of a .tvq file', () => {
  test.each(['tvq', 'rtvq', 'fq'] as const)('%s: the change that restoring makes', async scheme => {
    const [file, restored, output] = [path('.tvq'), path('.safetensors'), path()];
    await quantize(recipe(file, { scheme, bits: scheme === 'fq' ? 8 : 3, keep: ['lm_head'] }));
    await restore(restoreRecipe(file, 'math', restored, { dtype: 'F32' }));
    await extract(extractRecipe(file, output, { task: 'math', rank: 96, dtype: 'F32' }));
    await expectChange(output, restored);
  });

  test('several tasks are told apart, another base is refused', async () => {
    const file = path('.tvq');
    await quantize(recipe(file));
    await expect(extract(extractRecipe(file, path(), { rank: 4 }))).rejects.toThrow(
      'it has several tasks; name one of code, math, chat',
    );
    const other = extractRecipe(file, path(), { rank: 4, task: 'math', base: fixture('llama/code') });
    await expect(extract(other)).rejects.toThrow(
      /not the base model "base".*the values of tensor ".*" differ/,
    );
    expect(await leftovers(other.output)).toEqual([]);
  });
});

test('of a merged model', async () => {
  const [merged, output] = [path(), path()];
  const inputs = ['math', 'code'].map(name => checkpointInput(fixture(`llama/${name}`), name));
  await merge(mergeRecipe(merged, 'ties', inputs, { base, dtype: 'F32' }));
  await extract(extractRecipe(merged, output, { rank: 96, dtype: 'F32' }));
  await expectChange(output, merged);
});

test('of a model whose head is its embedding: the embedding, and what PEFT makes of it is told', async () => {
  const [tied, output] = [fixture('llama-tied/base'), path()];
  const asked = extractRecipe(fixture('llama-tied/math'), output, { base: tied, rank: 96, dtype: 'F32' });
  const { warnings, leftOut } = await extract(asked);
  await expectChange(output, fixture('llama-tied/math'), tied);
  expect(leftOut).toEqual([]);
  expect(warnings).toEqual([
    expect.stringMatching(/^the base's output head is its embedding "model\.embed_tokens/),
  ]);
  const without = await extract({ ...asked, output: path(), exclude: ['embed'] });
  expect(without.warnings).toEqual([]);
});

test('an energy: each module has the lowest rank that holds it; a cap is told', async () => {
  const asked = extractRecipe(fixture('llama/math'), path(), { energy: 0.9, dtype: 'F32' });
  const { modules, warnings } = await extract(asked);
  const [shapes, deltas] = [await tensorsOf(base), await deltasOf(fixture('llama/math'))];
  for (const { name, rank, error } of modules) {
    const [delta, { shape }] = [deltas.get(`${name}.weight`)!, shapes.get(`${name}.weight`)!];
    expect(error, name).toBeLessThanOrEqual(0.1 + 1e-6);
    expect(bound(delta, shape, rank - 1), name).toBeGreaterThan(0.1 * squares(delta));
  }
  expect(warnings).toEqual([]);
  const capped = await extract({ ...asked, output: path(), rank: 6 });
  expect(new Set(capped.modules.map(({ rank }) => rank))).toEqual(new Set([6]));
  expect(capped.warnings).toEqual([
    expect.stringMatching(/^16 tensors, such as "[\w.]+", hold less than 0\.9 of their change at rank 6/),
  ]);
});

describe('a size', () => {
  test('is not exceeded, and spent where it holds most', async () => {
    const size = 30_000;
    const asked = extractRecipe(fixture('llama/math'), path(), { size, dtype: 'F32' });
    const { modules, bytes, error } = await extract(asked);
    expect(bytes).toBeLessThanOrEqual(size);
    expect(bytes).toBeGreaterThan(0.9 * size);
    const even = await extract({ ...asked, output: path(), size: undefined, rank: 4 });
    expect(even.bytes).toBeLessThan(bytes); // one rank more for all is beyond the size
    expect(error).toBeLessThan(even.error);
    // No direction left out holds more for its bytes than one that is there.
    const [shapes, deltas] = [await tensorsOf(base), await deltasOf(fixture('llama/math'))];
    const worth = modules.map(({ name, rank }) => {
      const [delta, { shape }] = [deltas.get(`${name}.weight`)!, shapes.get(`${name}.weight`)!];
      const { s } = svd(new Float64Array(delta), shape[1]!, shape[0]!);
      const per = (k: number) => (s[k] ?? 0) ** 2 / (shape[0]! + shape[1]!);
      return { last: per(rank - 1), next: per(rank) };
    });
    expect(Math.max(...worth.map(({ next }) => next))).toBeLessThan(
      1.05 * Math.min(...worth.map(({ last }) => last)),
    );
  });

  test('that is too small is refused', async () => {
    const asked = extractRecipe(fixture('llama/math'), path(), { size: 1000 });
    await expect(extract(asked)).rejects.toThrow('are too few for an adapter of this model');
    expect(await leftovers(asked.output)).toEqual([]);
  });
});

/** A small model of all kinds of tensors, moved by `by`. */
function kinds(by: number) {
  const next = noise(11);
  const tensor = (...shape: readonly number[]) => f32(shape, i => Math.sin(i) + by * next());
  return {
    'conv.weight': tensor(8, 4, 3, 3),
    'deep.weight': tensor(8, 1, 3, 3),
    'embed_tokens.weight': tensor(20, 6),
    'fc.weight': tensor(7, 9),
    'fc.bias': tensor(7),
    'norm.weight': tensor(9),
    'same.weight': f32([5, 5], i => i),
  };
}

describe('of all kinds of tensors', async () => {
  const [original, tuned] = [path(), path()];
  await writeModelFolder(original, { ...kinds(0), 'head.weight': f32([4, 9], () => 1) });
  await writeModelFolder(tuned, {
    ...kinds(0.01),
    'head.weight': f32([6, 9], () => 1),
    'new.weight': f32([2, 2], () => 1),
  });

  test('layers and embeddings are changed, the rest is listed with its share', async () => {
    const output = path();
    const asked = extractRecipe(tuned, output, { base: original, rank: 64, exclude: ['^never'] });
    const { modules, leftOut, errorOfAll } = await extract(asked);
    expect(modules.map(({ name, rank }) => [name, rank])).toEqual([
      ['conv', 8],
      ['embed_tokens', 6],
      ['fc', 7],
    ]);
    await expectChange(output, tuned, original);
    const deltas = await deltasOf(tuned, original);
    deltas.delete('head.weight');
    const of = (...names: string[]) => names.reduce((sum, name) => sum + squares(deltas.get(name)!), 0);
    const total = of(...deltas.keys());
    expect(leftOut.map(({ why, names, share }) => [why, names, share])).toEqual([
      ['tensors for which PEFT has no LoRA', ['deep.weight'], expect.closeTo(of('deep.weight') / total, 6)],
      [
        'norms and biases',
        ['fc.bias', 'norm.weight'],
        expect.closeTo(of('fc.bias', 'norm.weight') / total, 6),
      ],
      ['of another shape than in the base', ['head.weight'], null],
      ['not in the base', ['new.weight'], null],
    ]);
    expect(errorOfAll).toBeCloseTo(of('deep.weight', 'fc.bias', 'norm.weight') / total, 6);
  });

  test('PEFT finds each module, with the shapes of its kind', async () => {
    const output = path();
    await extract(extractRecipe(tuned, output, { base: original, rank: 6 }));
    const shapes = [...(await tensorsOf(output))].map(([name, { dtype, shape }]) => [name, dtype, shape]);
    expect(shapes).toEqual([
      ['base_model.model.conv.lora_A.weight', 'F32', [6, 4, 3, 3]],
      ['base_model.model.conv.lora_B.weight', 'F32', [8, 6, 1, 1]],
      ['base_model.model.embed_tokens.lora_embedding_A', 'F32', [6, 20]],
      ['base_model.model.embed_tokens.lora_embedding_B', 'F32', [6, 6]],
      ['base_model.model.fc.lora_A.weight', 'F32', [6, 9]],
      ['base_model.model.fc.lora_B.weight', 'F32', [7, 6]],
    ]);
    const config = JSON.parse(await readFile(join(output, 'adapter_config.json'), 'utf8')) as unknown;
    expect(config).toMatchObject({
      ...{ peft_type: 'LORA', r: 6, lora_alpha: 6, rank_pattern: {}, alpha_pattern: {}, task_type: null },
      target_modules: ['conv', 'embed_tokens', 'fc'],
      base_model_name_or_path: original,
    });
  });

  test('the card lists it', async () => {
    const output = path();
    await extract(extractRecipe(tuned, output, { base: original, rank: 2 }));
    const card = await readFile(join(output, 'README.md'), 'utf8');
    expect(card).toMatch(/^---\nlibrary_name: peft\n/);
    expect(card).toMatch(/\| norms and biases \| 2 \| `fc\.bias`, `norm\.weight` \| \d+\.\d % \|/);
    expect(card).toContain('| of another shape than in the base | 1 | `head.weight` | unknown |');
  });

  test('only what is asked for', async () => {
    const asked = extractRecipe(tuned, path(), { base: original, rank: 2, include: ['conv', 'fc'] });
    const { modules, leftOut } = await extract({ ...asked, exclude: ['fc'] });
    expect(modules.map(({ name }) => name)).toEqual(['conv']);
    expect(leftOut.find(({ why }) => why === 'not asked for')?.tensors).toBe(5);
  });

  test('a model that is equal to its base has none', async () => {
    const asked = extractRecipe(original, path(), { base: original, rank: 2 });
    await expect(extract(asked)).rejects.toThrow('equal to the base; there is nothing to extract');
    expect(await leftovers(asked.output)).toEqual([]);
  });
});

describe('the same bytes', async () => {
  const [original, tuned] = [path(), path()];
  const next = noise(7);
  const wide = (by: number) => f32([5200, 700], i => (i % 7) + by * next());
  await writeModelFolder(original, { 'a.weight': wide(0), 'b.weight': f32([90, 70], () => 1) });
  await writeModelFolder(tuned, { 'a.weight': wide(0.1), 'b.weight': f32([90, 70], () => next()) });
  const asked = () => extractRecipe(tuned, path(), { base: original, rank: 4, dtype: 'BF16' });
  const bytesOf = async (output: string) => readFile(join(output, 'adapter_model.safetensors'));

  test('for any number of threads, and whether tensors fit into memory or not', async () => {
    const small = { ...OPTIONS, memory: 208 * 2 ** 20 + 30e6 };
    const { items } = await planExtract(asked(), previewRoom(small));
    expect(items.map(({ resident }) => resident)).toEqual([false, true]);
    const [plain, threads, pieces] = [asked(), asked(), asked()];
    await extract(plain);
    await extract(threads, { threads: 2 });
    await extract(pieces, small);
    const expected = await bytesOf(plain.output);
    expect((await bytesOf(threads.output)).equals(expected)).toBe(true);
    expect((await bytesOf(pieces.output)).equals(expected)).toBe(true);
  });

  test('in too little memory nothing is begun', async () => {
    const refused = asked();
    await expect(extract(refused, { memory: 220e6 })).rejects.toThrow(
      /^--memory 220 MB is too little: the largest tensor takes .+; choose a lower rank, or allow more$/,
    );
    expect(await leftovers(refused.output)).toEqual([]);
  });

  test('on the GPU backend', async () => {
    const [cpu, gpu] = [asked(), asked()];
    await extract(cpu);
    expect((await extract(gpu, { backend: 'webgpu' })).backend).toBe('webgpu');
    expect((await bytesOf(gpu.output)).equals(await bytesOf(cpu.output))).toBe(true);
  });
});

describe('the command', () => {
  const math = fixture('llama/math');

  test('prints its result as JSON, and writes what PEFT reads', async () => {
    const output = path();
    const { status, stdout } = await tvq(
      ...['extract-lora', math, '--base', base, '--rank', '4', '-o', output, '--backend', 'cpu', '--json'],
    );
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    const { size } = await stat(join(output, 'adapter_model.safetensors'));
    expect(result).toMatchObject({ output, bytes: size, leftOut: [] });
    expect((await readdir(output)).sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
    const card = await readFile(join(output, 'README.md'), 'utf8');
    expect(card).toContain(`tvq extract-lora ${math} --base ${base} --rank 4 --output ${output}`);
    const again = ['extract-lora', math, '--base', base, '--rank', '2', '-o', output, '--backend', 'cpu'];
    const refused = await tvq(...again);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('already exists')]);
    expect((await tvq(...again, '--overwrite')).status).toBe(0);
  });

  test('a dry run writes nothing', async () => {
    const output = path();
    const { status, stdout } = await tvq(
      ...['extract-lora', math, '--base', base, '--energy', '0.9', '-o', output, '--dry-run', '--json'],
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ output, modules: 16, problems: [] });
    await expect(stat(output)).rejects.toThrow('ENOENT');
  });

  test.each([
    [['--base', base, '-o', 'x'], 'say how near it should come: --rank R, --energy SHARE or --size BYTES'],
    [['--base', base, '-o', 'x', '--energy', '1.5'], '--energy'],
    [['--base', base, '-o', 'x.safetensors', '--rank', '2'], 'an adapter is a folder'],
    [['--rank', '2', '-o', 'x'], 'name the base model with --base'],
    [['--base', base, '-o', math, '--overwrite', '--rank', '2'], 'is one of the inputs'],
    [['--base', base, '--task', 'a', '-o', 'x', '--rank', '2'], 'a model has no tasks'],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await tvq('extract-lora', math, ...args);
    expect([status === 0, stderr]).toEqual([false, expect.stringContaining(message)]);
  });
});
