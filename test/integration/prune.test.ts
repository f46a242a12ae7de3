/** `tvq quantize --prune`: the smallest magnitudes become zeros before anything else happens, bit for bit. */
import { describe, expect, test } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, noise, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { content, path } from './madeCheckpoints.ts';
import { testSameBytes } from './sameBytes.ts';

const SHARE = 0.6;

/** Task vectors on a base of zeros, so that they equal the checkpoints. */
function vectors(rows: number): Record<string, Float32Array> {
  const next = noise(5);
  const values = (count: number, value: (i: number) => number) =>
    Float32Array.from({ length: count }, (_, i) => value(i));
  return {
    'layers.0.w.weight': values(3 * rows, () => next() ** 3),
    // No value below zero, ties, and mostly zeros.
    'layers.0.v.weight': values(97 * 41, () => Math.abs(next())),
    'layers.1.tied.weight': values(64 * 64, i => [1, -2, 2, 3, -3][i % 5] as number),
    'layers.1.sparse.weight': values(64 * 64, i => (i % 9 === 0 ? next() : 0)),
    'layers.1.norm.weight': values(97, next),
  };
}

/** Zeros for the magnitudes below the one of rank ⌊share · n⌋. */
function prunedByHand(values: Float32Array, share: number): Float32Array {
  const magnitudes = values.map(Math.abs).sort();
  const border = magnitudes[Math.floor(share * values.length)] as number;
  return values.map(value => (Math.abs(value) < border ? 0 : value));
}

async function made(
  changes: Partial<QuantizeRecipe>,
  rows: number,
  change = (values: Float32Array) => values,
): Promise<QuantizeRecipe> {
  const shapes: Record<string, number[]> = {
    'layers.0.w.weight': [3, rows],
    'layers.0.v.weight': [97, 41],
    'layers.1.norm.weight': [97],
  };
  const checkpoint = (of: (values: Float32Array) => Float32Array): Record<string, MadeTensor> =>
    Object.fromEntries(
      Object.entries(vectors(rows)).map(([name, values]) => {
        const made = of(values);
        return [name, f32(shapes[name] ?? [64, 64], i => made[i] as number)];
      }),
    );
  const [base, task] = [path('.safetensors'), path('.safetensors')];
  await writeSafetensors(
    base,
    checkpoint(values => values.map(() => 0)),
  );
  await writeSafetensors(task, checkpoint(change));
  return tvq.recipe(path('.tvq'), { base, tasks: [{ name: 't', path: task }], ...changes });
}

test.each([
  ['3 bits, a norm exact', { bits: 3 }, 98],
  ['a budget, a norm in 8 bits', { budget: 'codes=1.2bpw' }, 0],
])('%s: the bytes of a checkpoint that was pruned by hand', async (_, changes, least) => {
  const asked = await made({ ...changes, prune: SHARE }, 20_001);
  const byHand = await made(changes, 20_001, values =>
    values.length < least ? values : prunedByHand(values, SHARE),
  );
  const [a, b] = [await tvq.quantize(asked), await tvq.quantize(byHand)];
  expect(a.relativeErrors).toEqual(b.relativeErrors);
  expect((await content(asked.output)).equals(await content(byHand.output))).toBe(true);
});

test('restored weights are the base where they were pruned', async () => {
  const asked = await made({ bits: 8, prune: SHARE }, 2001);
  await tvq.quantize(asked);
  const output = path('.safetensors');
  await tvq.restore(tvq.restoreRecipe(asked.output, 't', output, { base: asked.base }));
  const restored = await tvq.tensorsOf(output);
  for (const name of ['layers.0.w.weight', 'layers.0.v.weight', 'layers.1.tied.weight']) {
    const values = vectors(2001)[name] as Float32Array;
    const expected = prunedByHand(values, SHARE);
    const back = tvq.valuesOf(restored.get(name) as never);
    expect(expected.filter(value => value === 0).length).toBeGreaterThan(0.19 * values.length);
    for (const [i, value] of expected.entries()) if (value === 0) expect(back[i]).toBe(0);
  }
});

describe.each([
  [{ bits: 2 }, 232],
  [{ budget: '1bpw' }, 240],
])('%j:', (changes, mebibytes) => {
  testSameBytes(rows => made({ ...changes, prune: SHARE }, rows), mebibytes * 2 ** 20);
});

test('what is not finite is stored exactly, whatever its magnitude', async () => {
  const asked = await made({ prune: SHARE }, 2001, values => values.with(7, NaN));
  await tvq.quantize(asked);
  const codecs = (await openTvq(asked.output)).tasks[0]?.records.map(({ codec }) => codec.codec);
  expect(new Set(codecs)).toEqual(new Set(['exact']));
});

test('a share of 0 changes nothing; others, and other schemes, are refused', async () => {
  const asked = await made({ prune: 0 }, 2001);
  const plain = { ...asked, prune: undefined, output: path('.tvq') };
  await tvq.quantize(asked);
  await tvq.quantize(plain);
  expect((await content(asked.output)).equals(await content(plain.output))).toBe(true);
  for (const scheme of ['fq', 'rtvq'] as const) {
    const { problems } = await engine.plan({ ...asked, scheme, prune: 0.5, overwrite: true }, tvq.OPTIONS);
    expect(problems.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^pruning works only with/),
    );
  }
});
