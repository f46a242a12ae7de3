/** `tvq quantize --budget`: the size is kept, the bytes are the same everywhere, restored vectors are unbiased. */
import { stat, writeFile, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, writeSafetensors } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { gaussian, made, mergeDifferences, path, projectionOf } from './madeCheckpoints.ts';
import { testSameBytes } from './sameBytes.ts';

const budgeted = (changes: Partial<QuantizeRecipe> = {}, rows?: number): Promise<QuantizeRecipe> =>
  made({ budget: '1.5bpw', ...changes }, rows);

test.each(['1.5bpw', '0.5bpw', '3bpw', '900kB', '10%'])('%s: not above, and hardly below', async budget => {
  const asked = await budgeted({ budget });
  const planned = { weights: 2 * (3 * 700_001 + 97 * 41 + 64 * 64 + 97) };
  const { bytes } = await tvq.quantize(asked);
  const most = {
    '1.5bpw': (1.5 * planned.weights) / 8,
    '0.5bpw': (0.5 * planned.weights) / 8,
    '3bpw': (3 * planned.weights) / 8,
    '900kB': 900_000,
    '10%': 0.1 * 4 * planned.weights,
  }[budget] as number;
  expect((await stat(asked.output)).size).toBe(bytes);
  expect(bytes).toBeLessThanOrEqual(most);
  expect(bytes).toBeGreaterThan(0.99 * most);
  expect((await tvq.verify(asked.output)).damaged).toEqual([]);
});

test('restored task vectors are as long along the original as it is, and as far off as the file says', async () => {
  const asked = await budgeted();
  const { relativeErrors } = await tvq.quantize(asked);
  for (const task of [0, 1]) {
    const { projection, error } = await projectionOf(asked, task);
    expect(projection).toBeCloseTo(1, 3);
    expect(error / (relativeErrors[task] as number)).toBeCloseTo(1, 2);
  }
});

test('"nearest" has less error and shrinks', async () => {
  const unbiased = await budgeted({ budget: '1bpw' });
  const nearest = { ...unbiased, reconstruction: 'nearest' as const, output: path('.tvq') };
  await tvq.quantize(unbiased);
  await tvq.quantize(nearest);
  const [a, b] = [await projectionOf(unbiased, 0), await projectionOf(nearest, 0)];
  expect(b.error).toBeLessThan(a.error);
  expect(b.projection).toBeLessThan(0.95);
});

test('error=0.2: met with few bytes', async () => {
  const asked = await budgeted({ budget: 'error=0.2' });
  const { bytes, relativeErrors } = await tvq.quantize(asked);
  for (const error of relativeErrors) expect(error).toBeLessThan(0.21);
  const more = await budgeted({ budget: `${Math.floor(0.9 * bytes)}B` });
  expect(Math.max(...(await tvq.quantize(more)).relativeErrors)).toBeGreaterThan(0.2);
});

testSameBytes(rows => budgeted({}, rows), 248 * 2 ** 20);

test('a merge reads entropy-coded tasks, row by row too', async () => {
  const asked = await budgeted({}, 100_001);
  await tvq.quantize(asked);
  for (const difference of await mergeDifferences(asked, ['task_arithmetic', 'breadcrumbs']))
    expect(difference).toBeLessThan(1e-6);
});

test('norms get 8 bits where there are bytes for that; --keep still stores exactly', async () => {
  const asked = await budgeted({ keep: ['v\\.weight'], budget: '45kB' }, 2001);
  await tvq.quantize(asked);
  const codecs = Object.fromEntries(
    (await openTvq(asked.output)).tasks[0]?.records.map(({ tensor, codec }) => [tensor, codec]) ?? [],
  );
  expect(codecs).toEqual({
    'layers.0.w.weight': { codec: 'entropy' },
    'layers.1.v.weight': { codec: 'exact' },
    'layers.1.same.weight': { codec: 'same' },
    'layers.1.norm.weight': { codec: 'affine', bits: 8 },
  });
});

test('norms get fewer bits where bytes are short, and those of a rule', async () => {
  const normOf = async (changes: Partial<QuantizeRecipe>) => {
    const asked = await budgeted(changes, 2001);
    await tvq.quantize(asked);
    const [task] = (await openTvq(asked.output)).tasks;
    return task?.records.find(({ tensor }) => tensor === 'layers.1.norm.weight')?.codec;
  };
  const { bits } = (await normOf({ budget: '6kB' })) as { bits: number };
  expect(bits).toBeGreaterThan(2);
  expect(bits).toBeLessThan(8);
  expect(await normOf({ budget: '6kB', rules: [{ tensors: '*norm*', min: 7 }] })).toEqual({
    codec: 'affine',
    bits: 7,
  });
});

test('the header has room for every width', async () => {
  const widths = [1, 2, 3, 4, 5, 6, 7, 8];
  const model = async (seed: number) => {
    const file = path('.safetensors');
    const tensors = widths.flatMap(bits => [
      [`w${bits}`, f32([40, 40], gaussian(seed + bits, 0.01))] as const,
      [`b${bits}`, f32([64], gaussian(seed - bits, 0.01))] as const,
    ]);
    await writeSafetensors(file, Object.fromEntries(tensors));
    return file;
  };
  const [base, tuned] = [await model(20), await model(40)];
  for (const codec of ['minmax', 'hadamard'] as const) {
    const asked = tvq.recipe(path('.tvq'), {
      base,
      tasks: [{ name: 't', path: tuned }],
      codec,
      budget: '30kB',
      rules: widths.map(bits => ({ tensors: `?${bits}`, bits })),
    });
    const { bytes } = await tvq.quantize(asked);
    expect((await stat(asked.output)).size).toBe(bytes);
    const found = (await openTvq(asked.output)).tasks[0]?.records.map(({ codec }) =>
      'bits' in codec ? codec.bits : 0,
    );
    expect(found?.toSorted()).toEqual(widths.flatMap(bits => [bits, bits]));
  }
});

test('what is not finite is stored exactly', async () => {
  const asked = await budgeted({ budget: '60kB' }, 2001);
  await writeSafetensors(asked.tasks[1]?.path as string, {
    'layers.0.w.weight': f32([3, 2001], gaussian(3, 0.01)),
    'layers.1.v.weight': f32([97, 41], i => (i === 5 ? NaN : 0.5)),
    'layers.1.same.weight': f32([64, 64], () => 0.5),
    'layers.1.norm.weight': f32([97], gaussian(4, 0.01)),
  });
  const { bytes } = await tvq.quantize(asked);
  expect(bytes).toBeLessThanOrEqual(60_000);
  const record = (await openTvq(asked.output)).tasks[1]?.records.find(
    ({ tensor }) => tensor === 'layers.1.v.weight',
  );
  expect(record?.codec).toEqual({ codec: 'exact' });
});

test('pins, floors and ceilings are kept, for one task or all', async () => {
  const asked = await made(
    {
      budget: '2bpw',
      rules: [
        { tensors: 'layers.1.v.*', bits: 'exact', task: 't0' },
        { tensors: '/v\\.weight$/', bits: 4, task: 't1' },
        { tensors: 'layers.0.*', max: 1 },
      ],
    },
    50_001,
  );
  await tvq.quantize(asked);
  const { tasks } = await openTvq(asked.output);
  const recordsOf = (tensor: string) =>
    tasks.map(({ records }) => records.find(record => record.tensor === tensor));
  const [exact, pinned] = recordsOf('layers.1.v.weight');
  expect(exact?.codec).toEqual({ codec: 'exact' });
  expect((8 * (pinned?.payload?.bytes ?? 0)) / (97 * 41)).toBeCloseTo(4, -0.5);
  for (const record of recordsOf('layers.0.w.weight'))
    expect((8 * (record?.payload?.bytes ?? 0)) / (3 * 50_001)).toBeLessThanOrEqual(1);
});

test('a tensor whose error counts more gets more bits', async () => {
  const bytesOf = async (changes: Partial<QuantizeRecipe>) => {
    const asked = await made({ budget: '20kB', ...changes }, 5001);
    await tvq.quantize(asked);
    const [task] = (await openTvq(asked.output)).tasks;
    return task?.records.find(({ tensor }) => tensor === 'layers.1.v.weight')?.payload?.bytes ?? 0;
  };
  const alike = await bytesOf({});
  expect(await bytesOf({ weights: { patterns: [['*.v.*', 50]] } })).toBeGreaterThan(1.2 * alike);
  expect(await bytesOf({ weights: { tensors: { 'layers.1.v.weight': 50 } } })).toBeGreaterThan(1.2 * alike);
  // Both multiply.
  const both = { patterns: [['*.v.*', 50] as const], tensors: { 'layers.1.v.weight': 0.02 } };
  expect(await bytesOf({ weights: both })).toBe(alike);
});

test('names a budget that is too small, or none', async () => {
  await expect(tvq.quantize(await budgeted({ budget: '1kB' }, 2001))).rejects.toThrow(
    /a budget of 1000 B is too small: the smallest possible size is \d+ B/,
  );
  const planned = engine.plan(await budgeted({ budget: 'much' }, 2001), tvq.OPTIONS);
  await expect(planned).rejects.toMatchObject({
    message: expect.stringMatching(/^"much" is not a budget/) as string,
    kind: 'usage',
  });
});

test('a damaged payload is named', async () => {
  const asked = await budgeted({}, 2001);
  await tvq.quantize(asked);
  const file = await openTvq(asked.output);
  const { payload } = file.tasks[0]?.records.find(({ codec }) => codec.codec === 'entropy') ?? {};
  const bytes = await readFile(asked.output);
  for (const at of [0, 3, 40]) {
    const damaged = path('.tvq');
    const copy = Buffer.from(bytes);
    const position = (payload?.offset ?? 0) + at;
    copy.writeUInt8(copy.readUInt8(position) ^ 0x41, position);
    await writeFile(damaged, copy);
    const restoring = tvq.restore(
      tvq.restoreRecipe(damaged, 't0', path('.safetensors'), { base: asked.base }),
    );
    await expect(restoring).rejects.toThrow(/tensor "layers\.[\w.]+" of "t0" is damaged/);
  }
});

test('analyze measures every choice, cheaper ones with more error', async () => {
  const asked = await budgeted({}, 2001);
  const { tensors: analyses } = await engine.analyze(asked, tvq.OPTIONS, tvq.hooks());
  expect(analyses.map(({ tensor, output }) => `${output} ${tensor}`).sort()).toEqual(
    [0, 1].flatMap(task =>
      ['layers.0.w.weight', 'layers.1.norm.weight', 'layers.1.same.weight', 'layers.1.v.weight'].map(
        tensor => `${task} ${tensor}`,
      ),
    ),
  );
  const isNorm = ({ tensor }: { tensor: string }): boolean => tensor.includes('norm');
  for (const { choices } of analyses.filter(isNorm)) {
    expect(choices.map(({ bytes }) => bytes)).toEqual([97, 85, 73, 61, 49, 37, 25, 13]);
    // A step twice as wide has four times the error.
    for (const [i, { error }] of choices.slice(1, 5).entries())
      expect(error.unbiased / (choices[i]?.error.unbiased ?? 0)).toBeGreaterThan(3);
  }
  for (const { choices, energy } of analyses.filter(one => one.min < one.max && !isNorm(one))) {
    expect(choices.length).toBeGreaterThan(20);
    for (const [i, { bytes, error }] of choices.entries()) {
      const before = choices[i - 1];
      if (!before) continue;
      expect(bytes).toBeLessThanOrEqual(before.bytes);
      expect(error.nearest).toBeGreaterThan(0.9 * before.error.nearest);
      expect(error.nearest).toBeLessThanOrEqual(energy);
      expect(error.unbiased).toBeGreaterThanOrEqual(0.999 * error.nearest);
    }
  }
});

test('values whose squares are beyond the range of numbers are not weighed against others', async () => {
  const [base, tuned] = [path('.safetensors'), path('.safetensors')];
  const next = gaussian(5, 0.01);
  const tensors = (huge: number) => ({
    plain: f32([64, 64], () => next()),
    large: f32([64, 64], i => next() + (i === 7 ? huge : 0)),
    norm: f32([8], i => (i === 1 ? huge : 1)),
  });
  await writeSafetensors(base, tensors(0));
  await writeSafetensors(tuned, tensors(1e30));
  const output = path('.tvq');
  const asked = { base, tasks: [{ name: 'a', path: tuned }], budget: '60kB' };
  await tvq.quantize(tvq.recipe(output, asked));
  const codecs = (await openTvq(output)).tasks[0]?.records.map(({ tensor, codec }) => [tensor, codec]);
  expect(Object.fromEntries(codecs ?? [])).toEqual({
    plain: { codec: 'entropy' },
    large: { codec: 'exact' },
    norm: { codec: 'affine', bits: 8 },
  });
});
