import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { planMerge } from '../../extension/engine/merge/plan.ts';
import type { MergeReport } from '../../extension/engine/merge/output/report.ts';
import { METHODS } from '../../extension/engine/merge/methods/registry.ts';
import type { MergeInput, MergeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import { f32, fixture, i64, noise, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import {
  BACKENDS,
  checkpointInput as checkpoint,
  merge,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe as quantizeRecipe,
  tensorsOf,
  valuesOf,
} from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

const recipe = (method: string, inputs: readonly MergeInput[], changes: Partial<MergeRecipe> = {}) =>
  mergeRecipe(path(), method, inputs, changes);
const values = async (output: string): Promise<Map<string, Float32Array>> =>
  new Map([...(await tensorsOf(output))].map(([name, tensor]) => [name, valuesOf(tensor)]));
const report = async (output: string) =>
  JSON.parse(await readFile(join(output, 'merge-report.json'), 'utf8')) as MergeReport;

const TASKS = ['one', 'two', 'three'];
const sample = (name: string) => fixture(`golden/merge/${name}.safetensors`);
const base = sample('base');
const models = TASKS.map(name => checkpoint(sample(name), name));

/** The stages have tests of their own that compare the backends, with codes of any width. */
const SCHEMES = { cpu: ['FP32', 'TVQ4', 'TVQ2', 'RTVQB3O2'], webgpu: ['FP32', 'RTVQB3O2'] };

describe.each(BACKENDS)('what the reference implementation merges (%s)', backend => {
  test.each(SCHEMES[backend])('%s', async scheme => {
    let inputs = models;
    if (scheme !== 'FP32') {
      const file = path('.tvq');
      const rtvq = scheme.startsWith('RTVQ');
      const tasks = TASKS.map(name => ({ name, path: sample(name) }));
      const bits = rtvq ? 2 : Number(scheme.slice(3));
      await quantize(
        quantizeRecipe(file, { base, tasks, scheme: rtvq ? 'rtvq' : 'tvq', bits, keepRule: 'published' }),
      );
      inputs = TASKS.map(name => ({ name, path: file, task: name }));
    }
    const golden = await values(sample('golden'));
    for (const method of ['task_arithmetic', 'ties', 'magmax', 'consensus_ta', 'breadcrumbs', 'emr']) {
      const asked = recipe(method, inputs, { base });
      await merge(asked, { backend });
      for (const task of method === 'emr' ? TASKS : [undefined]) {
        const merged = await values(task ? join(asked.output, task) : asked.output);
        for (const [name, got] of merged) {
          const key = `${task ? `emr:${task}` : method}/${scheme}/${name}`;
          const wanted = golden.get(key) as Float32Array;
          const range = Math.max(...wanted) - Math.min(...wanted);
          const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] as number))));
          // Rescalers (emr) are quotients of sums, which the reference keeps in float32.
          expect(worst, key).toBeLessThanOrEqual((task ? 1e-5 : 1e-6) * range);
        }
      }
    }
  });
});

describe('properties of every method', () => {
  const next = noise(3);
  const tensor = (scale: number) => f32([6, 16], () => scale * next());
  const two = METHODS.filter(({ maximumInputs }) => maximumInputs === 2);
  const many = METHODS.filter(({ maximumInputs }) => maximumInputs === undefined);
  /** Later tasks win ties, random masks follow the position, EMR writes one model per task: order may matter there. */
  const ordered = ['dare_linear', 'dare_ties', 'della', 'della_linear', 'emr'];

  const write = async (tensors: Record<string, MadeTensor>) => {
    const file = path('.safetensors');
    await writeSafetensors(file, tensors);
    return file;
  };
  const withBase = async (method: (typeof METHODS)[number], files: readonly string[], start: string) =>
    recipe(
      method.name,
      files.map((file, i) => checkpoint(file, `m${i}`)),
      { base: method.base === 'unused' ? undefined : start },
    );
  const run = async (asked: MergeRecipe): Promise<Float32Array> => {
    await merge(asked);
    const output = METHODS.find(({ name }) => name === asked.method)!;
    const emr = output.way.kind === 'selective' && output.way.combine === 'emr';
    return (await values(emr ? join(asked.output, 'm0') : asked.output)).get('blocks.0.w') as Float32Array;
  };
  const close = (a: Float32Array, b: Float32Array, tolerance = 2e-6) => {
    expect(a).toHaveLength(b.length);
    for (const [i, value] of a.entries())
      expect(Math.abs(value - (b[i] as number))).toBeLessThanOrEqual(tolerance);
  };

  test.each(many.filter(({ name }) => !ordered.includes(name)))(
    '$name: the order of the inputs does not matter',
    async method => {
      const start = await write({ 'blocks.0.w': tensor(1) });
      const files = await Promise.all([1, 2, 3].map(() => write({ 'blocks.0.w': tensor(1) })));
      const [forward, backward] = [
        await run(await withBase(method, files, start)),
        await run(await withBase(method, [...files].reverse(), start)),
      ];
      close(forward, backward);
    },
  );

  test.each([...many, ...two])('$name: models equal to the base give the base', async method => {
    const start = await write({ 'blocks.0.w': tensor(1) });
    const copies = Array.from({ length: Math.max(2, method.minimumInputs) }, () => start);
    close(
      await run(await withBase(method, copies, start)),
      (await values(start)).get('blocks.0.w') as Float32Array,
    );
  });

  /** Parameters with which a method is the identity on one input. */
  const IDENTITY: Record<string, MergeRecipe['parameters']> = {
    linear: {},
    task_arithmetic: { scale: 1 },
    ties: { scale: 1, density: 1 },
    magmax: { scale: 1 },
    breadcrumbs: { scale: 1, beta: 1, gamma: 0 },
    consensus_ta: { scale: 1, k: 1 },
    emr: {},
    dare_linear: { density: 1 },
    dare_ties: { density: 1 },
  };
  test.each(Object.entries(IDENTITY))(
    '%s: one model with weight 1 gives that model',
    async (name, parameters) => {
      const method = METHODS.find(known => known.name === name)!;
      const [start, tuned] = [
        await write({ 'blocks.0.w': tensor(1) }),
        await write({ 'blocks.0.w': tensor(1) }),
      ];
      const asked = { ...(await withBase(method, [tuned], start)), parameters };
      close(await run(asked), (await values(tuned)).get('blocks.0.w') as Float32Array);
    },
  );

  describe('the same bytes for any number of threads, and when tensors do not fit into memory', () => {
    // Longer than two spans, with rows that match no alignment.
    const shape = [5701, 771];
    let files: string[];
    beforeAll(async () => {
      files = [];
      for (let i = 0; i < 3; i++)
        files.push(
          await write({
            'blocks.0.w': f32(shape, () => 0.01 * next()),
            b: f32([33], next),
            ids: i64([2], BigInt),
          }),
        );
    });
    const small: RunOptions = { ...OPTIONS, memory: 244 * 2 ** 20 };

    test.each(METHODS.filter(({ way }) => way.kind !== 'values'))('$name', async method => {
      const asked = await withBase(method, files.slice(1), files[0] as string);
      const { items } = await planMerge(asked, previewRoom(small));
      expect(items.some(({ resident }) => !resident)).toBe(true);
      const bytes = async (options: Partial<RunOptions>) => {
        const output = path();
        await merge({ ...asked, output }, options);
        const emr = (await readdir(output)).includes('m0');
        const made = await readFile(join(output, emr ? 'm0' : '', 'model.safetensors'));
        await rm(output, { recursive: true });
        return made;
      };
      expect((await bytes(small)).equals(await bytes({ threads: 2 }))).toBe(true);
    });
  });
});

describe('the folder', () => {
  const llama = (name: string) => checkpoint(fixture(`llama/${name}`), name);
  const asked = (changes: Partial<MergeRecipe> = {}) =>
    recipe('ties', ['code', 'math', 'chat'].map(llama), { base: fixture('llama/base'), ...changes });

  test('is what transformers saves: weights, config, and our three files', async () => {
    const merging = asked();
    const result = await merge(merging);
    const names = (await readdir(merging.output)).sort();
    expect(names).toEqual([
      'README.md',
      'config.json',
      'generation_config.json',
      'merge-recipe.yml',
      'merge-report.json',
      'model.safetensors',
    ]);
    const { bytes } = await planMerge(merging, previewRoom(OPTIONS));
    const { size } = await stat(join(merging.output, 'model.safetensors'));
    expect([result.files, result.bytes, bytes]).toEqual([['model.safetensors'], size, size]);
    const [merged, original] = await Promise.all([merging.output, fixture('llama/base')].map(tensorsOf));
    expect([...merged!].map(([name, { dtype, shape }]) => [name, dtype, shape]).sort()).toEqual(
      [...original!].map(([name, { dtype, shape }]) => [name, dtype, shape]).sort(),
    );
  });

  test('shards like save_pretrained, with an index', async () => {
    const merging = asked({ shardBytes: 16_000 });
    await merge(merging);
    const index = JSON.parse(
      await readFile(join(merging.output, 'model.safetensors.index.json'), 'utf8'),
    ) as {
      metadata: { total_size: number };
      weight_map: Record<string, string>;
    };
    expect(index.metadata.total_size).toBe(2 * 24736);
    expect(Object.keys(index.weight_map)).toHaveLength(21);
    expect((await tensorsOf(merging.output)).size).toBe(21);
  });

  test('writes the dtype that was asked for, and says so in config.json', async () => {
    const merging = asked({ dtype: 'F16' });
    await merge(merging);
    expect(new Set([...(await tensorsOf(merging.output)).values()].map(({ dtype }) => dtype))).toEqual(
      new Set(['F16']),
    );
    expect(JSON.parse(await readFile(join(merging.output, 'config.json'), 'utf8'))).toMatchObject({
      dtype: 'float16',
    });
  });

  test('an existing one stays, and stale shards do not survive being overwritten', async () => {
    const merging = asked({ shardBytes: 16_000 });
    await merge(merging);
    await expect(merge(merging)).rejects.toThrow('already exists');
    await merge({ ...merging, shardBytes: 5e9, overwrite: true });
    expect((await readdir(merging.output)).filter(name => name.includes('safetensors'))).toEqual([
      'model.safetensors',
    ]);
    expect((await readdir(dirname(merging.output))).filter(name => name.startsWith('.'))).toEqual([]);
  });

  test('the report has the numbers of the result', async () => {
    const merging = asked();
    const result = await merge(merging);
    const { model, layers, tensors } = await report(merging.output);
    expect(model).toEqual(result.report);
    expect(layers.map(({ layer }) => layer)).toEqual([0, 1, null]);
    expect(tensors).toHaveLength(21);
    expect(model.norm! ** 2).toBeCloseTo(
      tensors.reduce((sum, { norm }) => sum + norm! ** 2, 0),
      8,
    );
    for (const { cosine } of model.inputs) expect(cosine).toBeGreaterThan(0.2);
  });
});

describe('what does not fit is found before anything is written', () => {
  const w = (shape: number[]) => f32(shape, i => i);
  const write = async (tensors: Record<string, MadeTensor>) => {
    const file = path('.safetensors');
    await writeSafetensors(file, tensors);
    return file;
  };
  const refused = async (asked: MergeRecipe, message: string | RegExp) => {
    await expect(merge(asked)).rejects.toThrow(message);
    await expect(stat(asked.output)).rejects.toThrow('ENOENT');
  };

  test('vocabulary rows', async () => {
    const [start, tuned] = [
      await write({ 'embed.weight': w([66, 4]) }),
      await write({ 'embed.weight': w([64, 4]) }),
    ];
    await refused(
      recipe('linear', [checkpoint(tuned, 'm')], { base: start }),
      'input "m": tensor "embed.weight" of a different length ([64, 4], [66, 4] in the base)',
    );
  });
  test('a missing tensor', async () => {
    const [start, tuned] = [
      await write({ a: w([2, 2]), 'lm_head.weight': w([2, 2]) }),
      await write({ a: w([2, 2]) }),
    ];
    await refused(
      recipe('task_arithmetic', [checkpoint(tuned, 'm')], { base: start }),
      'input "m" lacks tensor "lm_head.weight"',
    );
  });
  test('an unknown method, parameter and value', async () => {
    await refused(recipe('tie', models, { base }), 'did you mean ties?');
    await refused(recipe('ties', models, { base, parameters: { densty: 0.5 } }), 'did you mean density?');
    await refused(
      recipe('ties', models, { base, parameters: { density: 2 } }),
      'a value from 0 to 1 was expected',
    );
  });
  test('a base that the .tvq file was not made from', async () => {
    const file = path('.tvq');
    await quantize(quantizeRecipe(file, { base, tasks: TASKS.map(name => ({ name, path: sample(name) })) }));
    const inputs = TASKS.map(name => ({ name, path: file, task: name }));
    await refused(
      recipe('ties', inputs, { base: sample('one') }),
      /not the base model "base" that .* was made from: the values of tensor ".*" differ; use that one$/,
    );
    await refused(
      recipe('ties', inputs, { base: fixture('llama/base') }),
      /not the base model "base" that .* was made from: tensor ".*" is missing there, .* in the base; use that one$/m,
    );
  });
  test('a .tvq file without its base, and a base that a method needs', async () => {
    await refused(recipe('ties', models), 'needs a base model');
  });
  test('an input as output', async () => {
    const file = await write({ a: w([2, 2]) });
    await expect(
      merge(recipe('linear', [checkpoint(file, 'm')], { output: file, overwrite: true })),
    ).rejects.toThrow('is one of the inputs');
  });
});

describe('values that are not finite are refused with their file and tensor', () => {
  const write = async (value: number) => {
    const file = path('.safetensors');
    await writeSafetensors(file, { a: f32([9], i => i), w: f32([40, 5], i => (i === 137 ? value : i / 7)) });
    return file;
  };
  const refused = async (asked: MergeRecipe, file: string, what = 'tensor "w" holds') => {
    await expect(merge(asked)).rejects.toThrow(`${file}: ${what}`);
    await expect(stat(asked.output)).rejects.toThrow('ENOENT');
  };

  test.each(['linear', 'task_arithmetic', 'ties', 'dare_ties', 'karcher', 'sce', 'tsv_m', 'iso_c'])(
    '%s',
    async method => {
      const [start, good, bad] = [await write(1), await write(2), await write(NaN)];
      await refused(recipe(method, [checkpoint(good), checkpoint(bad)], { base: start }), bad);
    },
  );
  test.each([NaN, Infinity, -Infinity])('%d in the base', async value => {
    const [start, good] = [await write(value), await write(2)];
    await refused(recipe('ties', [checkpoint(good)], { base: start }), start);
  });
  test.each(BACKENDS)('without a base (%s)', async backend => {
    const [good, bad] = [await write(2), await write(Infinity)];
    const asked = recipe('linear', [checkpoint(good), checkpoint(bad)]);
    await expect(merge(asked, { backend })).rejects.toThrow(`${bad}: tensor "w" holds`);
  });
  test.each(['ties', 'linear'])('kept exactly in a .tvq file, which %s reads', async method => {
    const [start, bad, file] = [await write(1), await write(NaN), path('.tvq')];
    await quantize(quantizeRecipe(file, { base: start, tasks: [{ name: 'bad', path: bad }] }));
    const inputs = [{ name: 'bad', path: file, task: 'bad' }];
    await refused(recipe(method, inputs, { base: start }), file, 'tensor "w" of "bad" holds');
  });
});
