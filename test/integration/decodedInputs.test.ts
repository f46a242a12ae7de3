/**
 * Models that are stored as codes, beside plain ones: merging, quantizing and restoring give what the values give that
 * the codes stand for, and never touch the codes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { f32, fixture, writeSafetensors } from '../checkpoints.ts';
import {
  checkpointInput,
  merge,
  mergeRecipe,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  tensorsOf,
  valuesOf,
} from '../engine.ts';
import { sourceValues } from '../sourceBytes.ts';
import { temporaryFolder } from '../temporary.ts';

/** A model as stored, and the values that it must be read as. */
const MODELS = [
  ['GGUF', 'gguf/llama.gguf', 'gguf/llama.safetensors'],
  ['FP8 in blocks', 'quantized/fp8-scaled', 'quantized/fp8-scaled/expected.safetensors'],
  ['NF4', 'quantized/bnb4', 'quantized/bnb4/expected.safetensors'],
  ['GPTQ', 'quantized/gptq-4', 'quantized/gptq-4/expected.safetensors'],
] as const;

const baseValue = (i: number) => Math.sin(i) / 10;

/** A base in F32 with the tensors of a model. */
async function writeBase(expected: string): Promise<string> {
  const base = join(await temporaryFolder(), 'base.safetensors');
  const { tensors } = await openCheckpoint(expected);
  await writeSafetensors(
    base,
    Object.fromEntries([...tensors.values()].map(({ name, shape }) => [name, f32(shape, baseValue)])),
  );
  return base;
}

describe.each(MODELS)('%s', (_, storedAt, expectedAt) => {
  const [stored, expected] = [fixture(storedAt), fixture(expectedAt)];

  test('half of its task vector is merged', async () => {
    const base = await writeBase(expected);
    const output = join(await temporaryFolder(), 'merged.safetensors');
    const changes = { base, parameters: { scale: 0.5 } };
    await merge(mergeRecipe(output, 'task_arithmetic', [checkpointInput(stored, 'a')], changes));
    const merged = await tensorsOf(output);
    const { tensors } = await openCheckpoint(expected);
    expect([...merged.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, source] of tensors) {
      const found = merged.get(name) as NonNullable<ReturnType<(typeof merged)['get']>>;
      expect(found.dtype, name).toBe('F32');
      const tuned = await sourceValues(source);
      const values = valuesOf(found);
      for (const [i, value] of tuned.entries()) {
        const wanted = (Math.fround(baseValue(i)) + value) / 2;
        expect(Math.abs((values[i] as number) - wanted), `${name} ${i}`).toBeLessThan(
          1e-6 * (1 + Math.abs(wanted)),
        );
      }
    }
  });

  test('its task vector is quantized and restored', async () => {
    const base = await writeBase(expected);
    const restored = await Promise.all(
      [stored, expected].map(async path => {
        const folder = await temporaryFolder();
        const file = join(folder, 'x.tvq');
        await quantize(recipe(file, { base, tasks: [{ name: 'a', path }], bits: 8 }));
        const output = join(folder, 'restored.safetensors');
        await restore(restoreRecipe(file, 'a', output, { base, dtype: 'F32' }));
        return tensorsOf(output);
      }),
    );
    expect(restored[0]).toEqual(restored[1]);
  });
});

test('a model made from one stored as codes is not described as quantized', async () => {
  const folder = await temporaryFolder();
  const [merged, restored, file] = ['merged', 'restored', 'x.tvq'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const stored = fixture('quantized/fp8-scaled');
  const base = await writeBase(join(stored, 'expected.safetensors'));
  await merge(mergeRecipe(merged, 'linear', [checkpointInput(stored, 'a'), checkpointInput(stored, 'b')]));
  await quantize(recipe(file, { base, tasks: [{ name: 'a', path: stored }], bits: 8 }));
  await restore(restoreRecipe(file, 'a', restored, { base }));
  for (const made of [merged, restored]) {
    const config = JSON.parse(await readFile(join(made, 'config.json'), 'utf8')) as object;
    expect(config).toEqual({ torch_dtype: 'bfloat16' });
    const { tensors, notes } = await openCheckpoint(made);
    expect(notes).toEqual([]);
    expect(tensors.get('blocks.weight')).toMatchObject({ kind: 'range', dtype: 'BF16', shape: [20, 30] });
  }
  // A sum of -0 and -0 may be 0.
  const numbersOf = async (path: string) =>
    [...(await tensorsOf(path))].map(([name, tensor]) => [
      name,
      Array.from(valuesOf(tensor), value => value + 0),
    ]);
  expect(await numbersOf(merged)).toEqual(await numbersOf(join(stored, 'expected.safetensors')));
});

test('a base that is stored as codes is the same base as its plain copy', async () => {
  const folder = await temporaryFolder();
  const [file, ...restored] = ['x.tvq', 'a.safetensors', 'b.safetensors'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const stored = fixture('quantized/fp8-scaled');
  const plain = join(stored, 'expected.safetensors');
  const tuned = await writeBase(plain);
  await quantize(recipe(file, { base: stored, tasks: [{ name: 'a', path: tuned }], bits: 8 }));
  const made = [];
  for (const [i, base] of [stored, plain].entries()) {
    const { warnings } = await restore(restoreRecipe(file, 'a', restored[i] as string, { base }));
    expect(warnings.filter(warning => /base/.test(warning))).toEqual([]);
    made.push(await tensorsOf(restored[i] as string));
  }
  expect(made[0]).toEqual(made[1]);
});
