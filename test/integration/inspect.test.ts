/** What the engine reports about the contents of a .tvq file, compared with what it restores. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ValueSums } from '../../extension/engine/inspect/valueSums.ts';
import * as engine from '../../extension/engine/engine.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { summarizeTvq } from '../../extension/formats/tvq/summary.ts';
import type { QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import type { TensorDetail } from '../../extension/protocol/tensors.ts';
import { f32, fixture, i64, noise, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import {
  BACKENDS,
  hooks,
  LLAMA_TASKS,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  tensorsOf,
  valuesOf,
} from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const NEVER = new AbortController().signal;
const WEIGHT = 'model.layers.1.mlp.up_proj.weight';
const detail = (file: string, tensor: string, vector = 'math') =>
  engine.tensorDetail(file, vector, tensor, NEVER);
const compare = (file: string, most?: number, backend: 'cpu' | 'webgpu' = 'cpu') =>
  engine.compareTasks({ file }, most, { ...OPTIONS, backend }, hooks());
const sum = (counts: readonly number[] = []) => counts.reduce((total, count) => total + count, 0);

const SCHEMES: Record<string, Partial<QuantizeRecipe>> = {
  tvq: { bits: 3 },
  rtvq: { scheme: 'rtvq', bits: 2, baseBits: 3 },
  budget: { budget: '8%' },
};
const fileOf = (scheme: string) => join(folder, `${scheme}.tvq`);

/** Task vectors computed from a restored model. */
async function restoredVectors(scheme: string, task: string): Promise<Map<string, Float32Array>> {
  const output = join(folder, `${scheme}-${task}.safetensors`);
  await restore(restoreRecipe(fileOf(scheme), task, output, { dtype: 'F32', overwrite: true }));
  const base = await tensorsOf(fixture('llama/base'));
  return new Map(
    [...(await tensorsOf(output))].map(([name, restored]) => {
      const from = valuesOf(base.get(name) as MadeTensor);
      return [name, valuesOf(restored).map((value, i) => value - (from[i] as number))];
    }),
  );
}

beforeAll(async () => {
  for (const [scheme, changes] of Object.entries(SCHEMES)) await quantize(recipe(fileOf(scheme), changes));
});

describe.each(Object.keys(SCHEMES))('a tensor of a %s file', scheme => {
  let found: TensorDetail;
  let vector: Float32Array;
  beforeAll(async () => {
    found = await detail(fileOf(scheme), WEIGHT);
    vector = (await restoredVectors(scheme, 'math')).get(WEIGHT) as Float32Array;
  });

  test('has the values that it is restored to', () => {
    const values = found.values as NonNullable<TensorDetail['values']>;
    const mean = vector.reduce((total, value) => total + value, 0) / vector.length;
    const square = vector.reduce((total, value) => total + value ** 2, 0) / vector.length;
    expect(found.meaning).toBe('task vector');
    expect(values.count).toBe(vector.length);
    expect(values.nonFinite).toBe(0);
    expect(values.mean).toBeCloseTo(mean, 7);
    expect(values.deviation).toBeCloseTo(Math.sqrt(square - mean ** 2), 6);
    expect(values.histogram.from).toBeCloseTo(Math.min(...vector), 6);
    expect(values.histogram.to).toBeCloseTo(Math.max(...vector), 6);
    expect(sum(values.histogram.counts)).toBe(vector.length);
    expect(values.histogram.counts).toHaveLength(64);
  });

  test('has a map of its magnitudes', () => {
    const { map } = found.values as NonNullable<TensorDetail['values']>;
    const [rows, columns] = found.shape as [number, number];
    expect(map).toMatchObject({ tensorRows: rows, tensorColumns: columns });
    const cells = Array.from({ length: map.rows * map.columns }, () => ({ sum: 0, count: 0, max: 0 }));
    vector.forEach((value, i) => {
      const row = Math.floor((Math.floor(i / columns) * map.rows) / rows);
      const cell = cells[row * map.columns + Math.floor(((i % columns) * map.columns) / columns)]!;
      cell.sum += Math.abs(value);
      cell.count++;
      cell.max = Math.max(cell.max, Math.abs(value));
    });
    for (const [at, cell] of cells.entries()) {
      expect(map.mean[at]).toBeCloseTo(cell.sum / cell.count, 5);
      expect(map.max[at]).toBeCloseTo(cell.max, 5);
    }
  });

  test('has codes, facts and its error', async () => {
    const { codes, facts, error } = found;
    expect(sum(codes?.counts)).toBe(vector.length);
    expect(facts.map(({ name }) => name)).toEqual(
      scheme === 'budget' ? ['unit', 'step', 'gain'] : ['bits', 'step', 'scale', 'zero point'],
    );
    const { tasks } = await openTvq(fileOf(scheme));
    const { errors } = tasks[1]!.records.find(({ tensor }) => tensor === WEIGHT)!;
    expect(error).toBe(errors[0] / errors[1]);
  });
});

test('codes are counted as they lie in the file', async () => {
  const { tasks } = await openTvq(fileOf('tvq'));
  const { payload, shape } = tasks[1]!.records.find(({ tensor }) => tensor === WEIGHT)!;
  const bytes = new Uint8Array(payload!.bytes);
  const file = await open(fileOf('tvq'));
  await file.read(bytes, 0, bytes.length, payload!.offset);
  await file.close();
  const counts = Array.from({ length: 8 }, () => 0);
  for (let i = 0; i < shape[0]! * shape[1]!; i++) {
    const bit = 3 * i;
    const word = bytes[bit >> 3]! | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    counts[(word >> (bit & 7)) & 7]!++;
  }
  const { codes } = await detail(fileOf('tvq'), WEIGHT);
  const { from, counts: found } = codes!;
  expect(found).toEqual(counts.slice(from, from + found.length));
  expect(sum(found)).toBe(sum(counts));
});

test.each(Object.keys(SCHEMES))('bits are a mean over the weights of a vector: %s', async scheme => {
  const file = await openTvq(fileOf(scheme));
  const { tasks, shared } = summarizeTvq(file);
  if (scheme !== 'budget') {
    expect(tasks.map(({ bits }) => bits)).toEqual(tasks.map(() => SCHEMES[scheme]?.bits));
    expect(shared?.bits).toBe(SCHEMES[scheme]?.baseBits);
    return;
  }
  for (const { name, bytes, bits } of tasks) {
    const records = file.tasks.find(task => task.name === name)?.records ?? [];
    const coded = records.filter(({ codec }) => ['entropy', 'affine'].includes(codec.codec));
    const weights = sum(coded.map(({ shape }) => shape.reduce((a, b) => a * b, 1)));
    expect(bits).toBeCloseTo((8 * bytes) / weights, 2);
  }
});

test('the shared vector is a vector like others', async () => {
  const found = await detail(fileOf('rtvq'), WEIGHT, '@shared');
  expect(found.facts).toContainEqual(expect.objectContaining({ name: 'bits', value: 3 }));
  expect(sum(found.codes?.counts)).toBe(found.values?.count);
});

describe('tensors that are not quantized', async () => {
  const file = join(folder, 'odd.tvq');
  const make = (shift: number): Record<string, MadeTensor> => ({
    weight: f32([8, 8], i => shift * (i % 5)),
    broken: f32([3], i => [NaN, Infinity, shift][i] as number),
    scalar: f32([], () => 2 + shift),
    same: f32([4], i => i),
    whole: i64([3], i => BigInt(i + shift)),
    empty: f32([0, 4], () => 0),
  });
  beforeAll(async () => {
    const paths = ['base', 'one', 'two'].map(name => join(folder, `${name}.safetensors`));
    for (const [i, path] of paths.entries()) await writeSafetensors(path, make(i));
    const tasks = [1, 2].map(i => ({ name: `t${i}`, path: paths[i] as string }));
    await quantize(recipe(file, { base: paths[0], tasks }));
  });

  test('NaN and infinities are counted, and spoil nothing', async () => {
    const { values, meaning, codes } = await detail(file, 'broken', 't1');
    expect(meaning).toBe('weights');
    expect(codes).toBeUndefined();
    expect(values).toMatchObject({ count: 3, nonFinite: 2, mean: 1, deviation: 0, zeros: 0 });
    expect(values?.map).toMatchObject({ rows: 1, columns: 3, max: [0, 0, 1] });
  });

  test('a scalar is a map of one cell', async () => {
    const { values } = await detail(file, 'scalar', 't1');
    expect(values?.map).toMatchObject({ rows: 1, columns: 1, tensorRows: 1, tensorColumns: 1 });
  });

  test.each(['same', 'whole', 'empty'])('%s has no values to show', async tensor => {
    expect((await detail(file, tensor, 't1')).values).toBeUndefined();
  });

  test('what is not there is refused', async () => {
    await expect(detail(file, 'nothing', 't1')).rejects.toThrow('"t1" has no tensor "nothing"');
    await expect(detail(file, 'weight', 't9')).rejects.toThrow('it has no task "t9"');
  });

  test('a damaged payload is named', async () => {
    const copy = join(folder, 'damaged.tvq');
    await quantize(recipe(copy));
    const { tasks } = await openTvq(copy);
    const { payload } = tasks[1]!.records.find(({ tensor }) => tensor === WEIGHT)!;
    const handle = await open(copy, 'r+');
    const bytes = new Uint8Array(1);
    await handle.read(bytes, 0, 1, payload!.offset + 10);
    await handle.write(
      bytes.map(byte => byte ^ 1),
      0,
      1,
      payload!.offset + 10,
    );
    await handle.close();
    await expect(detail(copy, WEIGHT)).rejects.toThrow(`tensor "${WEIGHT}" of "math" is damaged`);
    // Reading another tensor does not touch this one.
    expect((await detail(copy, WEIGHT.replace('1', '0'))).values?.nonFinite).toBe(0);
  });

  test('work is cancelled', async () => {
    await expect(engine.tensorDetail(file, 't1', 'weight', AbortSignal.abort())).rejects.toThrow('cancelled');
  });
});

describe.each(BACKENDS)('tasks compared (%s)', backend => {
  test.each(backend === 'cpu' ? Object.keys(SCHEMES) : ['rtvq'])(
    '%s: cosines and signs are those of the restored task vectors',
    async scheme => {
      const found = await compare(fileOf(scheme), undefined, backend);
      const { tasks } = await openTvq(fileOf(scheme));
      const compared = tasks[0]!.records
        .filter((_, i) =>
          tasks.every(({ records }) => ['affine', 'entropy', 'constant'].includes(records[i]!.codec.codec)),
        )
        .map(({ tensor }) => tensor);
      expect(found).toMatchObject({ tasks: LLAMA_TASKS.map(({ name }) => name), tensors: compared.length });
      const vectors = await Promise.all(found.tasks.map(task => restoredVectors(scheme, task)));
      const flat = vectors.map(vector => Float64Array.from(compared.flatMap(name => [...vector.get(name)!])));
      expect(found.weights).toBe(flat[0]!.length);
      for (const [i, x] of flat.entries()) {
        for (const [j, y] of flat.entries()) {
          const dot = (a: Float64Array, b: Float64Array) =>
            a.reduce((total, value, k) => total + value * b[k]!, 0);
          const cosine = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
          expect(found.cosines[i]![j]).toBeCloseTo(cosine, 3);
          expect(found.agreement[i]![j]).toBe(found.agreement[j]![i]);
        }
        expect(found.agreement[i]![i]).toBe(1);
      }
      // Restored weights are rounded to their dtype, which loses the smallest changes: compare large ones' signs.
      const [x, y] = flat as [Float64Array, Float64Array];
      const both = x.map((value, k) => Math.sign(value * y[k]!));
      const agreement = both.filter(sign => sign > 0).length / both.filter(sign => sign !== 0).length;
      expect(found.agreement[0]![1]).toBeCloseTo(agreement, 1);
    },
  );
});

describe('tasks compared', () => {
  test('by a few tensors', async () => {
    const all = await compare(fileOf('tvq'));
    const few = await compare(fileOf('tvq'), 3);
    expect(few).toMatchObject({ tensors: 3, comparable: all.tensors, leftOut: all.leftOut });
    expect(few.weights).toBeLessThan(all.weights);
  });

  test('opposite, equal and resting tasks', async () => {
    const random = noise(7);
    const moves = Array.from({ length: 4096 }, random);
    const make = async (name: string, factor: number) => {
      const path = join(folder, `${name}.safetensors`);
      await writeSafetensors(path, {
        weight: f32([64, 64], i => factor * moves[i]!),
        rest: f32([8, 8], () => 1),
      });
      return path;
    };
    const base = await make('zero', 0);
    const tasks = [
      { name: 'there', path: await make('there', 1) },
      { name: 'back', path: await make('back', -1) },
      { name: 'rest', path: await make('rest', 0) },
    ];
    const file = join(folder, 'opposite.tvq');
    await quantize(recipe(file, { base, tasks, bits: 8 }));
    const found = await compare(file);
    // Tensors that no task moves are left out.
    expect(found).toMatchObject({ tensors: 1, leftOut: 1, weights: 4096 });
    expect(found.cosines[0]![1]).toBeCloseTo(-1, 4);
    expect(found.cosines[0]![2]).toBeNull();
    expect(found.agreement[0]![1]).toBeLessThan(0.02);
    expect(found.agreement[0]![2]).toBeNull();
    expect(found.together[0]![2]).toBe(0);
    expect(found.norms[2]).toBe(0);
  });

  test.each(BACKENDS)('of checkpoints, from their base (%s)', async backend => {
    const base = fixture('llama/base');
    const options = { ...OPTIONS, backend };
    const found = await engine.compareTasks({ base, tasks: LLAMA_TASKS }, undefined, options, hooks());
    const [original, ...tuned] = await Promise.all(
      [base, ...LLAMA_TASKS.map(({ path }) => path)].map(tensorsOf),
    );
    expect(found).toMatchObject({ tensors: original?.size, comparable: original?.size, leftOut: 0 });
    const vectors = tuned.map(tensors =>
      Float64Array.from(
        [...(original ?? [])].flatMap(([name, tensor]) => {
          const from = valuesOf(tensor);
          return [...valuesOf(tensors.get(name) as MadeTensor)].map(
            (value, i) => value - (from[i] as number),
          );
        }),
      ),
    );
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((total, value, k) => total + value * b[k]!, 0);
    for (const [i, x] of vectors.entries()) {
      expect(found.norms[i]).toBeCloseTo(Math.sqrt(dot(x, x)), 4);
      for (const [j, y] of vectors.entries())
        expect(found.cosines[i]![j]).toBeCloseTo(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)), 4);
    }
  });

  test('tensors that not every checkpoint has in one shape are left out', async () => {
    const make = async (name: string, tensors: Record<string, MadeTensor>) => {
      const path = join(folder, `${name}.safetensors`);
      await writeSafetensors(path, tensors);
      return { name, path };
    };
    const weight = f32([8, 8], noise(3));
    const base = await make('some', { weight, other: f32([4], noise(4)), count: i64([2], () => 1n) });
    const tasks = [
      await make('less', { weight: f32([8, 8], noise(5)) }),
      await make('more', { weight: f32([8, 8], noise(6)), other: f32([5], noise(7)) }),
    ];
    const found = await engine.compareTasks({ base: base.path, tasks }, undefined, OPTIONS, hooks());
    expect(found).toMatchObject({ tasks: ['less', 'more'], tensors: 1, leftOut: 2, weights: 64 });
    await expect(
      engine.compareTasks({ base: base.path, tasks: tasks.slice(0, 1) }, undefined, OPTIONS, hooks()),
    ).rejects.toThrow('there is one task; two or more can be compared');
  });

  test('whole checkpoints and single tasks are refused', async () => {
    const whole = join(folder, 'fq.tvq');
    await quantize(recipe(whole, { scheme: 'fq', bits: 8 }));
    await expect(compare(whole)).rejects.toThrow('whole checkpoints');
    const single = join(folder, 'single.tvq');
    await quantize(recipe(single, { tasks: LLAMA_TASKS.slice(0, 1) }));
    await expect(compare(single)).rejects.toThrow('it has one task');
  });
});

test('a long tensor takes no more memory than a short one, whatever the stretches', () => {
  const values = Float32Array.from({ length: 70 * 130 }, (_, i) => (i % 97) - 48);
  const result = (pieces: number) => {
    const sums = new ValueSums({ min: -48, max: 48 }, [70, 130], values.length);
    const step = Math.ceil(values.length / pieces);
    for (let at = 0; at < values.length; at += step) sums.add(values.subarray(at, at + step));
    return sums.result();
  };
  expect(result(1)).toMatchObject({ map: { rows: 64, columns: 64 } });
  for (const pieces of [2, 7, 100]) {
    const { mean, deviation, ...rest } = result(pieces);
    const { mean: wholeMean, deviation: wholeDeviation, ...whole } = result(1);
    expect(rest).toEqual(whole);
    expect(mean).toBeCloseTo(wholeMean, 9);
    expect(deviation).toBeCloseTo(wholeDeviation, 9);
  }
});
