/** Running variances under a budget: stored as ratios to the base's, in all that reads them. */
import { describe, expect, test } from 'vitest';
import { compareTasks, tensorDetail } from '../../extension/engine/engine.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { changeJson, changeTvq } from '../changedTvq.ts';
import { f32, noise, u16, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const write = async (tensors: Record<string, MadeTensor>): Promise<string> => {
  const file = path('.safetensors');
  await writeSafetensors(file, tensors);
  return file;
};
const f16 = (...bits: number[]) => u16('F16', [bits.length], i => bits[i] as number);
const vector = (...values: number[]) => f32([values.length], i => values[i] as number);
const BUDGET = { budget: 'codes=2bpw' } as const;

const next = noise(5);
const matrix = () => f32([48, 64], next);
/** More than a vector of the kernels takes, and no multiple of one. */
const bases = Array.from({ length: 37 }, (_, i) => Math.fround(0.003 * (i + 1)));
/** Sixteenths of an octave: the ends of what a code can say, and what lies between. */
const steps = bases.map((_, i) => (i < 2 ? [-128, 127][i] : 7 * i - 130) as number);
/** What code q stands for: base · 2^(q/16), the power rounded to float32, then the product. */
const valueOf = (base: number, q: number) => Math.fround(base * Math.fround(2 ** (q / 16)));

/** Two tasks with variances near, not at, what codes stand for; those of `b` are the other way round. */
async function family() {
  const near = (q: number, i: number) => Math.fround(bases[i]! * 2 ** ((q + ((i % 5) - 2) / 5) / 16));
  const turned = steps.map(q => -1 - q);
  const model = (variances: readonly number[]) =>
    write({
      'conv.weight': matrix(),
      'bn.running_mean': f32([37], next),
      'bn.running_var': vector(...variances),
    });
  const base = await model(bases);
  const tasks = [
    { name: 'a', path: await model(steps.map(near)) },
    { name: 'b', path: await model(turned.map(near)) },
  ];
  const expected = {
    a: bases.map((one, i) => valueOf(one, steps[i]!)),
    b: bases.map((one, i) => valueOf(one, turned[i]!)),
  };
  return { base, tasks, expected };
}
const { base, tasks, expected } = await family();

const quantized = async (changes: Parameters<typeof tvq.recipe>[1], options = {}) => {
  const file = path('.tvq');
  return { file, report: await tvq.quantize(tvq.recipe(file, { ...BUDGET, ...changes }), options) };
};
const restored = async (file: string, from: string, task = 'a', options = {}) => {
  const output = path('.safetensors');
  await tvq.restore(tvq.restoreRecipe(file, task, output, { base: from }), options);
  return tvq.tensorsOf(output);
};
const codecsOf = async (file: string) =>
  new Map((await openTvq(file)).tasks[0]?.records.map(({ tensor, codec }) => [tensor, codec.codec]));

describe.each(tvq.BACKENDS)('%s', backend => {
  test.each([{}, { scheme: 'rtvq' }, { prune: 0.5 }] as const)(
    'restored as the base times a power of two: %j',
    async changes => {
      const { file, report } = await quantized({ base, tasks, ...changes }, { backend });
      expect(report.warnings).toEqual([]);
      expect((await codecsOf(file)).get('bn.running_var')).toBe('ratio');
      expect((await codecsOf(file)).get('bn.running_mean')).toBe('affine');
      await tvq.verify(file);
      for (const task of ['a', 'b'] as const) {
        const tensor = (await restored(file, base, task, { backend })).get('bn.running_var');
        expect([...tvq.valuesOf(tensor!)]).toEqual(expected[task]);
      }
    },
  );

  test('merged as what is restored from it', async () => {
    const { file } = await quantized({ base, tasks });
    const merged = path();
    const inputs = tasks.map(({ name }) => ({ name, path: file, task: name }));
    const asked = { base, parameters: { scale: 0.5 } };
    await tvq.merge(tvq.mergeRecipe(merged, 'task_arithmetic', inputs, asked), { backend });
    const values = tvq.valuesOf((await tvq.tensorsOf(merged)).get('bn.running_var')!);
    for (const [i, value] of values.entries())
      expect(value / ((expected.a[i]! + expected.b[i]!) / 2)).toBeCloseTo(1, 6);
  });
});

test('recorded with the error of the difference', async () => {
  const { file } = await quantized({ base, tasks });
  const record = (await openTvq(file)).tasks[0]?.records.find(({ tensor }) => tensor === 'bn.running_var');
  const tuned = [...tvq.valuesOf((await tvq.tensorsOf(tasks[0]!.path)).get('bn.running_var')!)];
  const squares = (of: (i: number) => number) => tuned.reduce((sum, _, i) => sum + of(i) ** 2, 0);
  const error = squares(i => tuned[i]! - expected.a[i]!);
  const [recorded = 0, energy = 0] = record?.errors ?? [];
  expect(recorded / error).toBeCloseTo(1, 6);
  expect(energy / squares(i => tuned[i]! - bases[i]!)).toBeCloseTo(1, 6);
});

test('16-bit variances, of another dtype than the base', async () => {
  const [from, to] = [
    await write({ w: matrix(), running_var: vector(1, 2, 3) }),
    await write({ w: matrix(), running_var: f16(0x3c00, 0x4400, 0x0001) }),
  ]; // 1, 4, 2⁻²⁴
  const file = (await quantized({ base: from, tasks: [{ name: 'a', path: to }] })).file;
  expect((await codecsOf(file)).get('running_var')).toBe('exact');
  const near = await write({ w: matrix(), running_var: f16(0x3c00, 0x4400, 0x3800) }); // 1, 4, ½
  const second = (await quantized({ base: from, tasks: [{ name: 'a', path: near }] })).file;
  expect((await codecsOf(second)).get('running_var')).toBe('ratio');
  const tensor = (await restored(second, from)).get('running_var');
  // 3 · 2^(−41/16) = 0.50784, in steps of 2⁻¹¹ 1040 of them: 0x3810.
  expect([tensor?.dtype, ...new Uint16Array(tensor!.data.slice().buffer)]).toEqual([
    'F16',
    0x3c00,
    0x4400,
    0x3810,
  ]);
});

describe('stored exactly', () => {
  test.each<[string, MadeTensor, MadeTensor, boolean]>([
    ['a dead channel', vector(1, 2), vector(1.5, 0), true],
    ['a base without variance', vector(1, 0), vector(1.5, 3), true],
    ['a negative one', vector(1, -2), vector(1.5, -2.5), true],
    ['a subnormal one', vector(1, 2), vector(1.5, 1e-40), true],
    ['half a step beyond the last code', vector(1, 1), vector(1.5, 2 ** (127.6 / 16)), true],
    ['half a step below the first', vector(1, 1), vector(1.5, 2 ** (-128.6 / 16)), true],
    ['one that would leave the range of float16', f16(0x7bd0, 0x3c00), f16(0x7bff, 0x4000), true], // 64,000 and 65,504
    ['all of them equal', vector(1, 0), vector(1, 0), false],
  ])('%s', async (_, before, after, told) => {
    const [from, to] = [
      await write({ w: matrix(), running_var: before }),
      await write({ w: matrix(), running_var: after }),
    ];
    const { file, report } = await quantized({ base: from, tasks: [{ name: 'a', path: to }] });
    expect((await codecsOf(file)).get('running_var')).toBe(told ? 'exact' : 'same');
    const why = `${to}: variances of 0 or less, or far from the base's, in running_var; stored exactly`;
    expect(report.warnings).toEqual(told ? [why] : []);
    expect((await restored(file, from)).get('running_var')?.data).toEqual(
      (await tvq.tensorsOf(to)).get('running_var')?.data,
    );
  });
});

test('shown without values, and left out of comparisons: the file has none without the base', async () => {
  const { file } = await quantized({ base, tasks });
  const detail = await tensorDetail(file, 'a', 'bn.running_var', new AbortController().signal);
  expect(detail).toMatchObject({ codec: 'ratio', bytes: 37, values: undefined, codes: undefined });
  expect(detail.error).toBeLessThan(0.01);
  const { tensors, leftOut } = await compareTasks({ file }, undefined, tvq.OPTIONS, tvq.hooks());
  expect([tensors, leftOut]).toEqual([2, 1]);
});

test('refused where there is nothing that it is relative to', async () => {
  const file = path('.tvq');
  await tvq.quantize(tvq.recipe(file, { base, tasks, scheme: 'fq', bits: 8 }));
  const changed = await changeTvq(file, path('.tvq'), parts =>
    changeJson<{ codec: string }[]>(parts, 'tvq_codecs', codecs =>
      codecs.map(entry => (entry.codec === 'affine' ? { codec: 'ratio' } : entry)),
    ),
  );
  await expect(openTvq(changed)).rejects.toThrow(
    /tensor "conv.weight" of "a" has codec ratio where there is nothing that it is relative to/,
  );
});
