/** Outputs contain only numbers, statistics stay valid, and inputs are not changed. */
import { readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exists } from '../../extension/files/exists.ts';
import { statusOf } from '../../extension/engine/cli/status.ts';
import * as engine from '../../extension/engine/engine.ts';
import type { MergeReport } from '../../extension/engine/merge/output/report.ts';
import { METHODS } from '../../extension/engine/merge/methods/registry.ts';
import type { MergeInput, MergeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, f64, i64, noise, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const write = async (tensors: Record<string, MadeTensor>): Promise<string> => {
  const file = path('.safetensors');
  await writeSafetensors(file, tensors);
  return file;
};
const vector = (...values: number[]) => f32([values.length], i => values[i] as number);
const input = (file: string, name: string): MergeInput => tvq.checkpointInput(file, name);
const arithmetic = (base: string, inputs: MergeInput[], changes: Partial<MergeRecipe> = {}) =>
  tvq.mergeRecipe(path(), 'task_arithmetic', inputs, { base, parameters: { scale: 1 }, ...changes });
const merged = async (recipe: MergeRecipe, model = '') =>
  new Map(
    [...(await tvq.tensorsOf(join(recipe.output, model)))].flatMap(([name, tensor]) =>
      tensor.dtype === 'F32' ? [[name, tvq.valuesOf(tensor)] as const] : [],
    ),
  );

describe('values that are no numbers', () => {
  test.each(tvq.BACKENDS)(
    '%s: one beyond the range of float16 stops a merge, or is counted',
    async backend => {
      const base = await write({ w: vector(1, 2, 3, 4), n: vector(70000, 65519, -65520, 1) });
      const tuned = await write({ w: vector(1, 2, 3, 5), n: vector(70000, 65519, -65520, 2) });
      const recipe = arithmetic(base, [input(tuned, 'a')], { dtype: 'F16' });
      await expect(tvq.merge(recipe, { backend })).rejects.toThrow(
        /"n": 2 of 4 values are outside the range of F16.*65504.*--dtype bf16 or f32/,
      );
      expect(await exists(recipe.output)).toBe(false);
      const { warnings } = await tvq.merge({ ...recipe, allowNonfinite: true }, { backend });
      expect(warnings).toContain('2 values are NaN or infinite in the output: n (2)');
      const report = JSON.parse(
        await readFile(join(recipe.output, 'merge-report.json'), 'utf8'),
      ) as MergeReport;
      expect(report.tensors.map(({ tensor, nonFinite }) => [tensor, nonFinite])).toEqual([
        ['n', 2],
        ['w', 0],
      ]);
      await tvq.merge({ ...recipe, output: path(), dtype: 'BF16' });
    },
  );

  test('so does what overflows on the way', async () => {
    const base = await write({ w: vector(0, 0) });
    const tasks = await Promise.all([1, 2].map(() => write({ w: vector(3e38, 1) })));
    const recipe = arithmetic(
      base,
      tasks.map((file, i) => input(file, `t${i}`)),
    );
    await expect(tvq.merge(recipe)).rejects.toThrow(/"w": 1 of 2 values became NaN or infinite/);
    await tvq.merge({ ...recipe, allowNonfinite: true });
    expect((await merged(recipe)).get('w')).toEqual(Float32Array.of(Infinity, 2));
  });

  test('a finite float64 beyond float32 is not called infinite alone', async () => {
    const base = await write({ w: f64([2], i => (i === 0 ? 1e300 : 1)) });
    const recipe = arithmetic(base, [input(await write({ w: f64([2], () => 1) }), 'a')]);
    await expect(tvq.merge(recipe)).rejects.toThrow(/"w" holds .*values beyond float32 \(±3\.4e38\)/);
  });

  test('a difference that float32 cannot hold is named as one', async () => {
    const base = await write({ w: vector(-3e38, 1) });
    const recipe = arithmetic(base, [input(await write({ w: vector(3e38, 1) }), 'a')]);
    await expect(tvq.merge(recipe)).rejects.toThrow(/differs from the base's by more/);
  });

  test.each(tvq.BACKENDS)(
    '%s: NaN of an input is computed with in sums alone, to the same bytes',
    async backend => {
      const base = await write({ w: vector(0, 0, 0, 0) });
      const tuned = await write({ w: vector(NaN, -Infinity, 1, 2) });
      const other = await write({ w: vector(1, Infinity, 1, 2) });
      const inputs = [input(tuned, 'a'), input(other, 'b')];
      const recipe = arithmetic(base, inputs, { allowNonfinite: true });
      const { warnings } = await tvq.merge(recipe, { backend });
      expect(warnings).toContain('2 values are NaN or infinite in the output: w (2)');
      const { data } = (await tvq.tensorsOf(recipe.output)).get('w') ?? { data: new Uint8Array() };
      expect([...new Uint32Array(data.slice().buffer)]).toEqual([
        0x7fc00000, 0x7fc00000, 0x40000000, 0x40800000,
      ]);
      if (backend === 'webgpu') return; // refused by the same code
      for (const { name, base: uses, maximumInputs = 2 } of METHODS) {
        if (maximumInputs < 2 || name === 'task_arithmetic' || name === 'linear') continue;
        const asked = tvq.mergeRecipe(path(), name, inputs, {
          allowNonfinite: true,
          ...(uses === 'required' ? { base } : {}),
        });
        await expect(tvq.merge(asked, { backend }), name).rejects.toThrow(/holds NaN or infinite/);
      }
    },
  );

  test('a restored tensor stops the job as well', async () => {
    const base = await write({ 'a.weight': f32([8, 8], () => 0) });
    const task = await write({ 'a.weight': f32([8, 8], i => (i === 5 ? 80000 : i)) });
    const output = path('.tvq');
    await tvq.quantize(tvq.recipe(output, { base, tasks: [{ name: 'a', path: task }], bits: 8 }));
    const recipe = tvq.restoreRecipe(output, 'a', path('.safetensors'), { base, dtype: 'F16' });
    await expect(tvq.restore(recipe)).rejects.toThrow(/"a.weight": 1 of 64 values are outside/);
    expect(await exists(recipe.output)).toBe(false);
    const { warnings } = await tvq.restore({ ...recipe, allowNonfinite: true });
    expect(warnings).toEqual(['1 value is NaN or infinite in the output: a.weight (1)']);
  });
});

describe('a NaN in an input', () => {
  const next = noise(5);
  const matrix = (spoilt?: number) => f32([40, 40], i => (i === 7 && spoilt !== undefined ? spoilt : next()));
  const model = async (spoilt?: number) =>
    write({ 'a.weight': matrix(spoilt), 'b.weight': matrix(), norm: vector(spoilt ?? 1, 2, 3) });
  const presets = {
    '3 bits': {},
    'a budget': { budget: 'codes=3bpw' },
    'a codec': { codec: 'hadamard', bits: 4 },
    pruned: { prune: 0.5 },
    rtvq: { scheme: 'rtvq' },
    fq: { scheme: 'fq', bits: 8 },
  } as const;

  test.each(Object.entries(presets))('warns with %s', async (_, changes) => {
    const base = await model();
    for (const spoilt of [NaN, Infinity]) {
      const [bad, good] = [await model(spoilt), await model()];
      const tasks = [
        { name: 'bad', path: bad },
        { name: 'good', path: good },
      ];
      const asked = tvq.recipe(path('.tvq'), { base, tasks, ...changes });
      for (const output of [asked.output, path('.tvq')]) {
        const { warnings } = await tvq.quantize({ ...asked, output }, { cache: path() });
        const said = warnings.filter(line => line.includes('NaN'));
        expect(said).toHaveLength(1);
        expect(said[0]).toContain(bad);
        expect(said[0]).toMatch(/a\.weight/);
        expect(said[0]).toMatch(/norm/);
      }
    }
  });

  test('of the base as well, and an analysis from the cache says it again', async () => {
    const [base, task] = [await model(NaN), await model()];
    const asked = tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }] });
    expect((await tvq.quantize(asked)).warnings.join()).toContain(`${base}: NaN or infinite`);
    const cache = path();
    const swapped = { ...asked, output: path('.tvq'), base: task, tasks: [{ name: 't', path: base }] };
    for (let time = 0; time < 2; time++) {
      const { warnings } = await engine.analyze(swapped, { ...tvq.OPTIONS, cache }, tvq.hooks());
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/a\.weight/);
    }
  });
});

describe('running statistics', () => {
  const next = noise(9);
  const checkpoint = (variance: number) =>
    write({
      'bn.weight': f32([4], () => 1 + next() / 10),
      'conv.weight': f32([64, 64], next),
      'bn.running_mean': f32([4], () => variance),
      'bn.running_var': f32([4], () => variance),
      'bn.num_batches_tracked': i64([], () => BigInt(Math.round(variance * 10))),
    });

  test.each(METHODS.filter(({ minimumInputs }) => minimumInputs <= 2).map(({ name }) => name))(
    '%s: a mean between the inputs',
    async method => {
      const info = METHODS.find(({ name }) => name === method);
      const [base, a, b] = await Promise.all([1, 0.01, 0.02].map(checkpoint));
      const inputs = [input(a as string, 'a'), input(b as string, 'b')];
      const changes = info?.base === 'required' ? { base: base as string } : {};
      const scale = info?.parameters.some(({ name }) => name === 'scale');
      const recipe = tvq.mergeRecipe(path(), method, inputs, {
        ...changes,
        parameters: scale ? { scale: 3 } : {},
      });
      await tvq.merge(recipe);
      for (const model of method === 'emr' ? ['a', 'b'] : ['']) {
        const values = await merged(recipe, model);
        for (const name of ['bn.running_var', 'bn.running_mean'])
          for (const value of values.get(name) ?? [-1]) {
            expect(value).toBeGreaterThanOrEqual(Math.fround(0.0099999));
            expect(value).toBeLessThanOrEqual(1);
            if (method === 'emr') expect(value).toBe(Math.fround(model === 'a' ? 0.01 : 0.02));
          }
      }
    },
  );

  test('the result of the method itself where that is a mean; the count is copied even as a float', async () => {
    const base = await write({ 'x.running_var': vector(1, 4), 'x.num_batches_tracked': f64([], () => 7) });
    const a = await write({ 'x.running_var': vector(2, 0), 'x.num_batches_tracked': f64([], () => 9) });
    const recipe = arithmetic(base, [input(a, 'a')], { parameters: { scale: 0.25 } });
    await tvq.merge({ ...recipe, dtype: 'F32' });
    expect((await merged(recipe)).get('x.running_var')).toEqual(Float32Array.of(1.25, 3));
    const count = (await tvq.tensorsOf(recipe.output)).get('x.num_batches_tracked');
    expect(count?.dtype).toBe('F64');
    expect(new Float64Array(count?.data.slice().buffer ?? new ArrayBuffer(0))).toEqual(Float64Array.of(7));
  });

  test('a variance below 0 is written as 0, with a warning', async () => {
    const base = await write({ 'x.running_var': vector(0, 4) });
    const a = await write({ 'x.running_var': vector(-1, 2) });
    const recipe = arithmetic(base, [input(a, 'a')]);
    const { warnings } = await tvq.merge(recipe);
    expect(warnings.join()).toContain('written as 0: x.running_var');
    expect((await merged(recipe)).get('x.running_var')).toEqual(Float32Array.of(0, 2));
  });

  test.each([
    { budget: 'codes=2bpw', keep: ['running_'] },
    { scheme: 'fq', keepRule: 'published' },
    { codec: 'hadamard', bits: 4 },
  ] as const)('are stored exactly: %j', async changes => {
    const [base, task] = await Promise.all([checkpoint(1), checkpoint(1e-5)]);
    const asked = tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }], ...changes });
    await tvq.quantize(asked);
    const output = path('.safetensors');
    await tvq.restore(tvq.restoreRecipe(asked.output, 't', output, { base }));
    const [wanted, got] = await Promise.all([task, output].map(tvq.tensorsOf));
    for (const name of ['bn.running_var', 'bn.running_mean'])
      expect(got?.get(name)?.data).toEqual(wanted?.get(name)?.data);
  });
});

describe('an input that changes meanwhile', () => {
  const next = noise(11);
  const make = () => write({ 'a.weight': f32([64, 64], next), 'b.weight': f32([64, 64], next) });
  const changes: Record<string, (file: string, other: string) => void> = {
    'is overwritten in place': file => writeFileSync(file, readFileSync(file)),
    'is touched': file => utimesSync(file, 1, 1),
    'is replaced': (file, other) => renameSync(other, file),
    grows: file => writeFileSync(file, 'more', { flag: 'a' }),
  };
  /** Hooks that change a file as soon as a tensor is done. */
  const meddling = (change: () => void): engine.Hooks => {
    let changed = false;
    const onProgress = () => {
      if (!changed) change();
      changed = true;
    };
    return { ...tvq.hooks(), onProgress };
  };

  test.each(Object.keys(changes))('%s: nothing is published', async kind => {
    const change = changes[kind] as (file: string, other: string) => void;
    const jobs: ((base: string, task: string, hooks: engine.Hooks) => Promise<string>)[] = [
      async (base, task, hooks) => {
        const recipe = arithmetic(base, [input(task, 't')]);
        await engine.merge(recipe, tvq.OPTIONS, hooks).catch(rethrow(recipe.output));
        return recipe.output;
      },
      async (base, task, hooks) => {
        const recipe = tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }] });
        await engine.quantize(recipe, tvq.OPTIONS, hooks).catch(rethrow(recipe.output));
        return recipe.output;
      },
      async (base, task, hooks) => {
        const recipe = tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }] });
        await engine.analyze(recipe, tvq.OPTIONS, hooks);
        return '';
      },
    ];
    for (const job of jobs) {
      const [base, task, other] = [await make(), await make(), await make()];
      await expect(
        job(
          base,
          task,
          meddling(() => change(task, other)),
        ),
      ).rejects.toThrow(`${task}: changed while it was read`);
    }
  });

  test('a restored base, and a file that is verified', async () => {
    const [base, task] = [await make(), await make()];
    const recipe = tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }] });
    await tvq.quantize(recipe);
    const asked = tvq.restoreRecipe(recipe.output, 't', path('.safetensors'), { base });
    const touch = (file: string) => meddling(() => utimesSync(file, 1, 1));
    await expect(engine.restore(asked, tvq.OPTIONS, touch(base))).rejects.toThrow(`${base}: changed while`);
    expect(await exists(asked.output)).toBe(false);
    await expect(engine.verify(recipe.output, touch(recipe.output))).rejects.toThrow('changed while');
  });
});

describe('an output that appears while the job runs', () => {
  const next = noise(12);
  const make = () => write({ 'a.weight': f32([64, 64], next), 'b.weight': f32([64, 64], next) });
  const jobs: Record<string, (base: string, task: string) => Promise<Run>> = {
    'a merged folder': async (base, task) => mergeRun(arithmetic(base, [input(task, 't')])),
    'a merged file': async (base, task) =>
      mergeRun(arithmetic(base, [input(task, 't')], { output: path('.safetensors') })),
    'a .tvq file': async (base, task) => {
      const recipe = tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }] });
      return { recipe, run: hooks => engine.quantize(recipe, tvq.OPTIONS, hooks) };
    },
    'a restored file': (base, task) => restoreRun(base, task, path('.safetensors')),
    'a restored folder': (base, task) => restoreRun(base, task, path()),
  };
  interface Run {
    readonly recipe: { readonly output: string };
    readonly run: (hooks: engine.Hooks) => Promise<{ output: string; warnings: readonly string[] }>;
  }
  const mergeRun = (recipe: MergeRecipe): Run => ({
    recipe,
    run: hooks => engine.merge(recipe, tvq.OPTIONS, hooks),
  });
  async function restoreRun(base: string, task: string, output: string): Promise<Run> {
    const source = tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }] });
    await tvq.quantize(source);
    const recipe = tvq.restoreRecipe(source.output, 't', output, { base });
    return { recipe, run: hooks => engine.restore(recipe, tvq.OPTIONS, hooks) };
  }

  test.each(Object.keys(jobs))('%s is kept under another name, and said', async kind => {
    const { recipe, run } = await (jobs[kind] as (typeof jobs)[string])(await make(), await make());
    const { output } = recipe;
    const onProgress = () => writeFileSync(output, 'of somebody else');
    const result = await run({ ...tvq.hooks(), onProgress });
    const other = output.replace(/(\.\w+)?$/, '-2$1');
    expect(result.output).toBe(other);
    expect(result.warnings).toEqual([
      expect.stringContaining(`the complete result is in ${basename(other)}`),
    ]);
    expect(readFileSync(output, 'utf8')).toBe('of somebody else');
    expect(await exists(other)).toBe(true);
    expect(await tvq.leftovers(output)).toEqual([]);
    expect([statusOf(recipe, result), statusOf(recipe, { output })]).toEqual([1, 0]);
  });
});

/** Makes sure that a failed job left nothing under its output's name. */
const rethrow = (output: string) => async (error: unknown) => {
  expect(await exists(output)).toBe(false);
  throw error;
};
