/** Adapters extracted from the llama fixtures, applied again, against the best that any product of their rank can do. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadKernels } from '../../extension/engine/kernels.ts';
import { svd } from '../../extension/engine/merge/math/svd.ts';
import { readSource } from '../../extension/engine/tensors/sourceKinds.ts';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import { applyAdapter } from '../../extension/formats/lora/applyAdapter.ts';
import type { TensorSource } from '../../extension/formats/tensorSource.ts';
import { f32, fixture, noise, writeModelFolder, type MadeTensor } from '../checkpoints.ts';
import { tvq } from '../command.ts';
import {
  checkpointInput,
  extract,
  extractRecipe,
  leftovers,
  merge,
  mergeRecipe,
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
