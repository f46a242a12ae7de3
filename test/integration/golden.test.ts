/** The results of `tvq quantize --preset paper` + `tvq restore` equal the reference implementation in PyTorch. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Scheme } from '../../extension/protocol/recipes.ts';
import { fixture } from '../checkpoints.ts';
import { BACKENDS, quantize, recipe, restore, restoreRecipe, tensorsOf, valuesOf } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const golden = await tensorsOf(fixture('golden/golden.safetensors'));

/** Allowed difference, as a fraction of a tensor's range: rounding of the sums base + task vector. */
const TOLERANCE = 1e-6;

const SCHEMES: [string, Scheme, number][] = [
  ['FQ8', 'fq', 8],
  ['FQ4', 'fq', 4],
  ['TVQ4', 'tvq', 4],
  ['TVQ3', 'tvq', 3],
  ['TVQ2', 'tvq', 2],
  ['RTVQB3O2', 'rtvq', 2],
];

describe.each(BACKENDS)('%s', backend => {
  test.each(SCHEMES)('%s', async (name, scheme, bits) => {
    const file = join(folder, `${name}-${backend}.tvq`);
    await quantize(recipe(file, { scheme, bits, keepRule: 'published' }), { backend });
    for (const task of ['code', 'math', 'chat']) {
      const output = join(folder, `${name}-${backend}-${task}.safetensors`);
      await restore(restoreRecipe(file, task, output, { dtype: 'F32' }), { backend });
      const restored = await tensorsOf(output);
      const expected = [...golden].filter(([key]) => key.startsWith(`${name}/${task}/`));
      expect(expected).toHaveLength(3);
      for (const [key, tensor] of expected) {
        const [wanted, got] = [tensor, restored.get(key.split('/')[2] as string)!].map(valuesOf) as [
          Float32Array,
          Float32Array,
        ];
        const range = Math.max(...wanted) - Math.min(...wanted);
        const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] as number))));
        expect(worst, key).toBeLessThanOrEqual(TOLERANCE * range);
      }
    }
  });
});
