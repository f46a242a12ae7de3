/** Tensors with NaN or infinity that are the same in all models: copied under any name, never computed with. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MergeReport } from '../../extension/engine/merge/output/report.ts';
import { METHODS } from '../../extension/engine/merge/methods/registry.ts';
import { f32, writeSafetensors, type MadeTensor } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const write = async (tensors: Record<string, MadeTensor>): Promise<string> => {
  const file = path('.safetensors');
  await writeSafetensors(file, tensors);
  return file;
};
const SAID = 'NaN or infinite values in tensor "relative_bias", the same in all models; copied, not merged';

/** More than one CPU chunk: the tensor is started before its last value is seen. */
const LONG = 300_003;
const mask = (last: number) => f32([3, LONG / 3], i => (i === LONG - 1 ? last : i % 5));
const weight = (shift: number) => f32([16, 8], i => ((i * 7) % 11) / 8 + shift * ((i % 3) - 1));

const base = await write({ relative_bias: mask(-Infinity), 'l.weight': weight(0) });
const tasks = await Promise.all(
  [1, 2].map(shift => write({ relative_bias: mask(-Infinity), 'l.weight': weight(shift) })),
);
const inputs = tasks.map((file, i) => tvq.checkpointInput(file, `t${i}`));
const bytesOf = async (folder: string, name: string) => (await tvq.tensorsOf(folder)).get(name)?.data;
const original = await bytesOf(base, 'relative_bias');

const reportOf = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'merge-report.json'), 'utf8')) as MergeReport;

describe('a mask under an unknown name', () => {
  test.each(METHODS.map(({ name }) => name))('%s copies it', async name => {
    const { base: use, maximumInputs, way } = METHODS.find(method => method.name === name)!;
    const recipe = tvq.mergeRecipe(path(), name, inputs.slice(0, maximumInputs), {
      ...(use === 'unused' ? {} : { base }),
    });
    const { warnings } = await tvq.merge(recipe);
    expect(warnings).toContain(SAID);
    const isEmr = way.kind === 'selective' && way.combine === 'emr';
    for (const model of isEmr ? ['t0', 't1'] : ['']) {
      const folder = join(recipe.output, model);
      expect(Buffer.compare((await bytesOf(folder, 'relative_bias'))!, original!)).toBe(0);
      const { tensors, fates, model: totals } = await reportOf(folder);
      expect(tensors.map(({ tensor }) => tensor)).toEqual(['l.weight']);
      expect(fates).toContainEqual(
        expect.objectContaining({ fate: 'copied', names: ['relative_bias'], tensors: 1 }),
      );
      if (use !== 'unused') expect(totals.norm).toBeGreaterThan(0);
    }
  });

  test('a trim over the whole model counts it as unmoved', async () => {
    const finite = await Promise.all(
      [0, 1, 2].map(shift => write({ relative_bias: mask(0), 'l.weight': weight(shift) })),
    );
    const merged = async (from: string, of: readonly string[]) => {
      const recipe = tvq.mergeRecipe(
        path(),
        'ties',
        of.map((file, i) => tvq.checkpointInput(file, `t${i}`)),
        { base: from, parameters: { trim: 'global', density: 0.0002 } },
      );
      await tvq.merge(recipe);
      return bytesOf(recipe.output, 'l.weight');
    };
    const expected = await merged(finite[0]!, finite.slice(1));
    expect(expected).not.toEqual(await bytesOf(base, 'l.weight'));
    expect(await merged(base, tasks)).toEqual(expected);
  });

  test.each(tvq.BACKENDS)('%s: is computed with where it differs, if that is allowed', async backend => {
    const other = await write({ relative_bias: mask(7), 'l.weight': weight(1) });
    const of = [...inputs, tvq.checkpointInput(other, 'other')];
    const recipe = tvq.mergeRecipe(path(), 'linear', of, {});
    await expect(tvq.merge(recipe, { backend })).rejects.toThrow(/"relative_bias" holds NaN or infinite/);
    const { warnings } = await tvq.merge({ ...recipe, allowNonfinite: true }, { backend });
    expect(warnings).toContain('1 value is NaN or infinite in the output: relative_bias (1)');
  });

  test('an allowance does not turn it into NaN', async () => {
    const recipe = tvq.mergeRecipe(path(), 'task_arithmetic', inputs, { base, allowNonfinite: true });
    await tvq.merge(recipe);
    expect(Buffer.compare((await bytesOf(recipe.output, 'relative_bias'))!, original!)).toBe(0);
  });

  test('is written in the dtype that is asked for', async () => {
    const recipe = tvq.mergeRecipe(path(), 'ties', inputs, { base, dtype: 'BF16' });
    await tvq.merge(recipe);
    const { data, dtype } = (await tvq.tensorsOf(recipe.output)).get('relative_bias')!;
    expect(dtype).toBe('BF16');
    expect([...data.subarray(-4)]).toEqual([...bf16((LONG - 2) % 5), ...bf16(-Infinity)]);
  });

  test('a file of its own, and tasks of a .tvq file', async () => {
    const output = path('.tvq');
    const named = tasks.map((file, i) => ({ name: `t${i}`, path: file }));
    await tvq.quantize(tvq.recipe(output, { base, tasks: named, bits: 4 }));
    const stored = named.map(({ name }) => ({ name, path: output, task: name }));
    const file = path('.safetensors');
    const { warnings } = await tvq.merge(tvq.mergeRecipe(file, 'ties', stored, { base }));
    expect(warnings).toContain(SAID);
    expect(Buffer.compare((await bytesOf(file, 'relative_bias'))!, original!)).toBe(0);
  });
});

function bf16(value: number): Uint8Array {
  return new Uint8Array(Float32Array.of(value).buffer).subarray(2);
}
