/** Models written in 8-bit floats with scales: read back by the readers of such checkpoints, and as loaders expect them. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planMerge } from '../../extension/engine/merge/plan.ts';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { readSafetensorsHeader } from '../../extension/formats/safetensors/safetensors.ts';
import type { MergeInput, MergeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, fixture, noise, writeModelFolder } from '../checkpoints.ts';
import {
  leftovers,
  LLAMA_TASKS,
  merge,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
} from '../engine.ts';
import { sourceValues } from '../sourceBytes.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const inputs = LLAMA_TASKS.map((task): MergeInput => ({ ...task, task: undefined }));
let made = 0;
const output = (ending = '') => join(folder, `out-${made++}${ending}`);
const asked = (path: string, changes: Partial<MergeRecipe> = {}): MergeRecipe =>
  mergeRecipe(path, 'ties', inputs, {
    base: fixture('llama/base'),
    inputParameters: inputs.map(() => ({})),
    dtype: 'F8_E4M3',
    ...changes,
  });

const valuesIn = async (path: string) => {
  const { tensors } = await openCheckpoint(path);
  return new Map(
    await Promise.all(
      [...tensors].map(async ([name, source]) => [name, await sourceValues(source)] as const),
    ),
  );
};

test.each([
  ['a folder, as compressed-tensors', '', 32],
  ['one file, as ComfyUI', '.safetensors', 1],
])('%s: values are within half a step of the scale', async (_, ending, rowsPerScale) => {
  const whole = await valuesIn((await merge(asked(output(), { dtype: 'F32' }))).output);
  const { output: path, types } = await merge(asked(output(ending)));
  expect(types).toEqual([
    { type: 'F8_E4M3', tensors: 14, bytes: expect.any(Number) as number, why: null },
    { type: 'BF16', tensors: 2, bytes: 2 * 2 * 96 * 32, why: 'outside the layers' },
    { type: 'BF16', tensors: 5, bytes: 2 * 5 * 32, why: 'no matrices of linear layers' },
  ]);
  const read = await valuesIn(path);
  expect([...read.keys()].sort()).toEqual([...whole.keys()].sort());
  const matrices = (await openCheckpoint(path)).tensors;
  for (const [name, expected] of whole) {
    const found = read.get(name)!;
    const { shape, kind } = matrices.get(name)!;
    expect(kind, name).toBe(/proj/.test(name) ? 'scaled' : 'range');
    const perScale = rowsPerScale === 1 ? expected.length : (shape[1] ?? 1);
    for (let begin = 0; begin < expected.length; begin += perScale) {
      const largest = Math.max(...expected.slice(begin, begin + perScale).map(Math.abs));
      for (let i = begin; i < Math.min(begin + perScale, expected.length); i++) {
        // Half of 2 ** -3 of the value, or of the smallest step; then rounded to bfloat16, as its scale is.
        const bound =
          kind === 'scaled'
            ? Math.max(Math.abs(expected[i]!) / 16, (largest / 448) * 1.01 * 2 ** -10) +
              Math.abs(expected[i]!) / 256
            : Math.abs(expected[i]!) / 256;
        expect(Math.abs(found[i]! - expected[i]!), `${name} ${i}`).toBeLessThanOrEqual(bound);
      }
    }
  }
});

test('the config says how, with every matrix that is not', async () => {
  const { output: path } = await merge(asked(output(), { shardBytes: 8000 }));
  const config = JSON.parse(await readFile(join(path, 'config.json'), 'utf8')) as Record<string, unknown>;
  expect(config).toMatchObject({
    dtype: 'bfloat16',
    quantization_config: {
      quant_method: 'compressed-tensors',
      format: 'float-quantized',
      config_groups: {
        group_0: {
          targets: ['Linear'],
          weights: { num_bits: 8, type: 'float', strategy: 'channel' },
          input_activations: null,
        },
      },
      ignore: ['lm_head', 'model.embed_tokens'],
    },
  });
  const index = JSON.parse(await readFile(join(path, 'model.safetensors.index.json'), 'utf8')) as {
    weight_map: Record<string, string>;
  };
  const [codes, scales] = ['', '_scale'].map(
    ending => index.weight_map[`model.layers.1.mlp.up_proj.weight${ending}`],
  );
  expect(codes).toBeDefined();
  expect(scales).toBe(codes);
  const report = JSON.parse(await readFile(join(path, 'merge-report.json'), 'utf8')) as { types: object[] };
  expect(report.types[0]).toMatchObject({ type: 'F8_E4M3', tensors: 14 });
  expect(await readFile(join(path, 'README.md'), 'utf8')).toContain('F8\\_E4M3 (14 tensors)');
  // As a model of its own it merges again: the config's quantization is of no concern then.
  const again = await merge(mergeRecipe(output(), 'linear', [{ name: 'a', path, task: undefined }]));
  expect(await readFile(join(again.output, 'config.json'), 'utf8')).not.toContain('quantization_config');
});

test("in one file the metadata of the base's is kept, the scales have ComfyUI's names, and all is aligned", async () => {
  const base = join(folder, 'base');
  const random = noise(1);
  const tensors = (scale: number) =>
    Object.fromEntries([
      ...[0, 1, 2, 3, 4, 5].map(
        i => [`model.diffusion_model.blocks.${i}.fc.weight`, f32([16, 32], () => scale * random())] as const,
      ),
      ['model.diffusion_model.odd', f32([3], random)] as const,
      ...[0, 1].map(i => [`text.layers.${i}.fc.weight`, f32([16, 32], random)] as const),
    ]);
  const metadata = { format: 'pt', 'modelspec.title': 'mine', 'modelspec.hash_sha256': '0x1' };
  await writeModelFolder(base, tensors(1), {}, metadata);
  const tuned = await writeModelFolder(join(folder, 'tuned'), tensors(2), {}, metadata);
  const one = [{ name: 'tuned', path: tuned, task: undefined }];
  const { output: path, types } = await merge(
    mergeRecipe(output('.safetensors'), 'task_arithmetic', one, {
      base: join(base, 'model.safetensors'),
      dtype: 'F8_E4M3',
    }),
  );
  expect(types.map(({ type, tensors: count, why }) => [type, count, why])).toEqual([
    ['F32', 2, 'outside the diffusion model'],
    ['F8_E4M3', 6, null],
    ['F32', 1, 'no matrices of linear layers'],
  ]);
  const header = await readSafetensorsHeader(path);
  expect(header.metadata).toMatchObject({ 'modelspec.title': 'mine', 'tvq.merge_method': 'task_arithmetic' });
  expect(header.metadata).not.toHaveProperty('modelspec.hash_sha256');
  const byName = new Map(header.tensors.map(tensor => [tensor.name, tensor]));
  expect(byName.get('model.diffusion_model.scaled_fp8')).toMatchObject({ dtype: 'F8_E4M3', shape: [2] });
  expect(byName.get('model.diffusion_model.blocks.3.fc.scale_weight')).toMatchObject({
    dtype: 'F32',
    shape: [],
  });
  for (const { name, dtype, offset } of header.tensors)
    expect(offset % (dtype === 'F32' ? 4 : 1), name).toBe(0);
});

test('the same bytes for any number of threads, and where tensors do not fit into memory', async () => {
  const random = noise(3);
  const shape = [8208, 1024]; // more than a span
  const model = (name: string) =>
    writeModelFolder(join(folder, name), {
      'layers.0.a.weight': f32(shape, random),
      'layers.1.a.weight': f32([16, 16], random),
    });
  const [base, tuned] = [await model('large-base'), await model('large-tuned')];
  const one = [{ name: 'tuned', path: tuned, task: undefined }];
  const write = async (options: object) => {
    const path = output('.safetensors');
    await merge(mergeRecipe(path, 'task_arithmetic', one, { base, dtype: 'F8_E4M3' }), options);
    return readFile(path);
  };
  const expected = await write({});
  const small = { memory: 262 << 20 };
  const { items } = await planMerge(
    mergeRecipe(output('.safetensors'), 'task_arithmetic', one, { base, dtype: 'F8_E4M3' }),
    previewRoom({ ...OPTIONS, ...small }),
  );
  expect(items.map(({ resident }) => resident)).toEqual([false, true]);
  for (const options of [small, { threads: 2 }])
    expect((await write(options)).equals(expected), JSON.stringify(options)).toBe(true);
});

test('the same bytes on the GPU backend', async () => {
  const [cpu, gpu] = [output('.safetensors'), output('.safetensors')];
  await merge(asked(cpu));
  expect((await merge(asked(gpu), { backend: 'webgpu' })).backend).toBe('webgpu');
  expect((await readFile(gpu)).equals(await readFile(cpu))).toBe(true);
});

test('a task is restored so, with the config of the task', async () => {
  const file = join(folder, 'llama.tvq');
  await quantize(recipe(file));
  const plain = await valuesIn(
    (await restore(restoreRecipe(file, 'math', output(), { dtype: 'F32' }))).output,
  );
  for (const ending of ['', '.safetensors']) {
    const path = output(ending);
    await restore(restoreRecipe(file, 'math', path, { dtype: 'F8_E4M3' }));
    const found = await valuesIn(path);
    for (const [name, expected] of plain) {
      const largest = Math.max(...expected.map(Math.abs));
      const read = found.get(name)!;
      for (const [i, value] of expected.entries())
        expect(Math.abs(read[i]! - value), name).toBeLessThanOrEqual(
          Math.abs(value) / 14 + largest / 2 ** 18,
        );
    }
    if (ending === '')
      expect(await readFile(join(path, 'config.json'), 'utf8')).toContain('"compressed-tensors"');
    expect(await leftovers(path)).toEqual([]);
  }
});

test('shards of an interrupted merge are taken over', async () => {
  const path = output();
  const whole = await merge(asked(output(), { shardBytes: 8000 }));
  const stop = new AbortController();
  const { merge: run } = await import('../../extension/engine/engine.ts');
  const recipeOf = asked(path, { shardBytes: 8000, resume: true });
  const hooks = {
    signal: stop.signal,
    keepFinished: true,
    onProgress: () => {
      if (++steps > 12) stop.abort();
    },
  };
  let steps = 0;
  const options = { backend: 'cpu', memory: 2 ** 30, threads: 1 } as const;
  await expect(run(recipeOf, options, hooks)).rejects.toThrow();
  const { warnings } = await merge(recipeOf);
  expect(warnings.join('\n')).toMatch(/weight files are reused/);
  for (const name of (await readdir(path)).filter(one => one.endsWith('.safetensors')))
    expect((await readFile(join(path, name))).equals(await readFile(join(whole.output, name))), name).toBe(
      true,
    );
});

test('what cannot be written so is refused before anything is', async () => {
  await expect(merge(asked(output('.safetensors'), { dtype: 'Q8_0' }))).rejects.toThrow(
    /a \.safetensors file does not hold Q8_0, but F32, F16, BF16, F8_E4M3; choose one of these, or an output that does \(\.gguf\)/,
  );
  const small = await writeModelFolder(join(folder, 'small'), { 'layers.0.a.weight': f32([3, 3], i => i) });
  const one = [{ name: 'a', path: join(small, 'model.safetensors'), task: undefined }];
  await expect(
    merge(mergeRecipe(output('.safetensors'), 'linear', one, { dtype: 'F8_E4M3' })),
  ).rejects.toThrow(/no tensor can be written as F8_E4M3/);
  const bare = await writeModelFolder(join(folder, 'bare'), {
    'layers.0.a.weight': f32([16, 16], i => i),
    'layers.1.a.weight': f32([16, 16], i => i),
  });
  await expect(
    merge(
      mergeRecipe(output(), 'linear', [{ name: 'a', path: bare, task: undefined }], { dtype: 'F8_E4M3' }),
    ),
  ).rejects.toThrow(/has no config\.json, which would say how F8_E4M3 weights are scaled/);
});
