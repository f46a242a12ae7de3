/** Models of a base and an adapter, against what peft merges and what the formulas of LyCORIS say. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import { applyAdapter } from '../../extension/formats/lora/applyAdapter.ts';
import type { TensorSource } from '../../extension/formats/tensorSource.ts';
import { loadKernels } from '../../extension/engine/kernels.ts';
import { readSource } from '../../extension/engine/tensors/sourceKinds.ts';
import { fixture } from '../checkpoints.ts';
import { tensorsOf, valuesOf } from '../engine.ts';

const files = new FilePool();
afterAll(() => files.close());
const context = { files, kernels: await loadKernels(), signal: new AbortController().signal };
const base = await openCheckpoint(fixture('lora/base.safetensors'));
const CASES = readdirSync(fixture('lora'), { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

async function read(source: TensorSource, begin = 0, bytes = source.bytes): Promise<Float32Array> {
  const view = new Uint8Array(bytes);
  await readSource(context, source, view, begin);
  return new Float32Array(view.buffer);
}

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
        expect(await read(source, begin, source.bytes - begin)).toEqual(whole.subarray(begin / 4));
    }
  });
});
