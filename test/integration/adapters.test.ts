/** Models of a base and an adapter, against what peft merges and what the formulas of LyCORIS say. */
import { readdirSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { applyAdapter } from '../../extension/formats/lora/applyAdapter.ts';
import type { TensorSource } from '../../extension/formats/tensorSource.ts';
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
import { sourceBytes } from '../sourceBytes.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const base = await openCheckpoint(fixture('lora/base.safetensors'));
const CASES = readdirSync(fixture('lora'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && entry.name !== 'llama')
  .map(({ name }) => name);

const read = async (source: TensorSource, begin?: number): Promise<Float32Array> =>
  new Float32Array(Uint8Array.from(await sourceBytes(source, begin)).buffer);

async function applied(name: string) {
  const folder = fixture(`lora/${name}`);
  const file = readdirSync(folder).find(entry => /^(adapter_model|lora)\./.test(entry)) as string;
  const { checkpoint, problems } = await applyAdapter(await openCheckpoint(join(folder, file)), base);
  expect(problems).toEqual([]);
  return checkpoint.tensors;
}

describe.each(CASES)('%s', name => {
  test('changes what it should, to the reference values', async () => {
    const tensors = await applied(name);
    const expected = await tensorsOf(fixture(`lora/${name}/expected.safetensors`));
    for (const [tensor, source] of tensors) {
      const original = base.tensors.get(tensor) as TensorSource;
      const wanted = expected.get(tensor);
      if (!wanted) expect(source, tensor).toBe(original);
      else {
        const values = await read(source);
        const most = Math.max(...valuesOf(wanted).map(Math.abs));
        const worst = Math.max(...valuesOf(wanted).map((value, i) => Math.abs(value - values[i]!)));
        expect(worst, tensor).toBeLessThan(1e-6 * most);
      }
    }
    expect([...expected.keys()].filter(tensor => !tensors.has(tensor))).toEqual([]);
  });

  test('gives the same bytes from any place on', async () => {
    for (const source of (await applied(name)).values()) {
      if (source.kind !== 'adapted') continue;
      const whole = await read(source);
      for (const begin of [4, 4 * Math.floor(whole.length / 3), source.bytes - 8])
        expect(await read(source, begin)).toEqual(whole.subarray(begin / 4));
    }
  });
});

describe('as a fine-tuned model', () => {
  const llama = fixture('llama/base');
  const adapter = fixture('lora/llama');
  /** What peft's own merge has, in the base's bf16. */
  const peft = () => tensorsOf(fixture('lora/llama/expected.safetensors'));
  /** The tensors that differ, within a step of bf16. @param slack of quantization */
  async function compare(output: string, slack = 0): Promise<void> {
    const [merged, wanted, original] = [await tensorsOf(output), await peft(), await tensorsOf(llama)];
    for (const [name, tensor] of merged) {
      expect(tensor.dtype, name).toBe('BF16');
      const values = valuesOf(tensor);
      const exact = wanted.get(name);
      if (!exact) expect(values, name).toEqual(valuesOf(original.get(name)!));
      else
        for (const [i, value] of valuesOf(exact).entries())
          expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(2 ** -8 * Math.abs(value) + slack);
    }
  }

  test.each([
    ['a task of its base', adapter, llama],
    ['a model of its own', `${llama}+${adapter}`, undefined],
  ])('merged: %s', async (_, input, base) => {
    const output = path();
    const method = base ? 'task_arithmetic' : 'linear';
    const inputs = base
      ? [checkpointInput(input, 'a')]
      : ['a', 'b'].map(name => checkpointInput(input, name));
    await merge(mergeRecipe(output, method, inputs, { base, parameters: base ? { scale: 1 } : {} }));
    await compare(output);
  });

  test('quantized, and restored in the dtypes of the base', async () => {
    const [file, output] = [path('.tvq'), path()];
    await quantize(recipe(file, { base: llama, tasks: [{ name: 'a', path: adapter }], bits: 8 }));
    await restore(restoreRecipe(file, 'a', output, { base: llama }));
    await compare(output, 1e-3);
  });
});

test('a file of diffusers has its strength in its metadata; a config beside it is of another adapter', async () => {
  const folder = path();
  await mkdir(folder);
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ r: 2, lora_alpha: 200 }));
  const file = join(folder, 'style.safetensors');
  const tensors = {
    'transformer.layers.0.q_proj.lora_A.weight': f32([2, 24], () => 1),
    'transformer.layers.0.q_proj.lora_B.weight': f32([16, 2], () => 1),
    'transformer.layers.0.wide.lora_A.weight': f32([2, 16], () => 1),
    'transformer.layers.0.wide.lora_B.weight': f32([16, 2], () => 1),
  };
  const changeOf = async (module: string, metadata: Record<string, string>) => {
    await writeSafetensors(file, tensors, metadata);
    const { checkpoint } = await applyAdapter(await openCheckpoint(file), base);
    const [before, after] = await Promise.all(
      [base, checkpoint].map(one => read(one.tensors.get(`layers.0.${module}.weight`) as TensorSource)),
    );
    return after![0]! - before![0]!;
  };
  const said = { r: 2, lora_alpha: 8, alpha_pattern: { wide: 1 } };
  const json = JSON.stringify(
    Object.fromEntries(Object.entries(said).map(([key, value]) => [`transformer.${key}`, value])),
  );
  expect(await changeOf('q_proj', {})).toBeCloseTo(2, 5);
  expect(await changeOf('q_proj', { lora_adapter_metadata: json })).toBeCloseTo((8 / 2) * 2, 5);
  expect(await changeOf('wide', { lora_adapter_metadata: json })).toBeCloseTo((1 / 2) * 2, 5);
});

describe('is refused, with what is wrong', () => {
  const weights = fixture('lora/plain/adapter_model.safetensors');
  const config = { peft_type: 'LORA', r: 4, lora_alpha: 8 };
  test.each([
    [{ ...config, lora_alpha: 'much' }, '"lora_alpha" is "much"; a number was expected'],
    [{ ...config, alpha_pattern: { '(': 1 } }, '"(" in alpha_pattern is not a regular expression'],
    [{ ...config, rank_pattern: { '(a*)*b*': 1 } }, '"(a*)*b*" in rank_pattern has more than 2 repetitions'],
    [
      { ...config, target_parameters: ['experts'] },
      '"target_parameters" is not supported; merge the adapter',
    ],
    [
      { ...config, trainable_token_indices: { embed: ['a'] } },
      '"trainable_token_indices" is {"embed":["a"]}; indices',
    ],
    [[], 'not a JSON object'],
  ])('%j', async (json, message) => {
    const folder = path();
    await mkdir(folder);
    await copyFile(weights, join(folder, 'adapter_model.safetensors'));
    await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(json));
    const adapter = await openCheckpoint(folder);
    await expect(applyAdapter(adapter, base)).rejects.toThrow(
      `${join(folder, 'adapter_config.json')}: ${message}`,
    );
  });

  test.each([
    [{ embed: [3, 20] }, 'changes token 20 of "embed.weight", which has 20 in the base; resize the base'],
    [{ embed: [3] }, 'has 2 tokens; its adapter_config.json names 1'],
    [{ head: [3, 4] }, 'has 2 tokens; its adapter_config.json names 0'],
  ])('tokens %j', async (indices, message) => {
    const folder = path();
    await mkdir(folder);
    await copyFile(
      fixture('lora/tokens/adapter_model.safetensors'),
      join(folder, 'adapter_model.safetensors'),
    );
    const json = { ...config, trainable_token_indices: indices };
    await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(json));
    await expect(applyAdapter(await openCheckpoint(folder), base)).rejects.toThrow(message);
  });

  const module = 'layers.0.q_proj';
  const factor = (...shape: number[]) => f32(shape, i => i);
  test.each([
    [
      { [`${module}.lora_down.weight`]: factor(4, 24), [`${module}.lora_up.weight`]: factor(16, 3) },
      `the factors of "${module}" do not fit together: down [4, 24], up [16, 3]`,
    ],
    [
      { [`${module}.lora_down.weight`]: factor(4, 24) },
      `of "${module}" there is only down; was the file cut`,
    ],
    [
      {
        [`${module}.lora_A.a.weight`]: factor(4, 24),
        [`${module}.lora_A.b.weight`]: factor(4, 24),
      },
      'change one module; keep the tensors of one adapter in the file',
    ],
  ])('factors %#', async (tensors, message) => {
    const file = path('.safetensors');
    await writeSafetensors(file, tensors);
    await expect(applyAdapter(await openCheckpoint(file), base)).rejects.toThrow(message);
  });

  test.each([
    [
      'layers.7.q_proj',
      24,
      'none of its 1 modules fits the base: layers.7.q_proj; is it an adapter of this model?',
    ],
    [module, 32, 'none of its 1 modules fits the base: layers.0.q_proj; is it an adapter of this model?'],
  ])('%s with %i inputs', async (name, inputs, message) => {
    const file = path('.safetensors');
    await writeSafetensors(file, {
      [`${name}.lora_down.weight`]: factor(4, inputs),
      [`${name}.lora_up.weight`]: factor(16, 4),
    });
    const { problems } = await applyAdapter(await openCheckpoint(file), base);
    expect(problems).toEqual([{ severity: 'error', message: `${file}: ${message}` }]);
  });
});
