import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { bf16Bits, f32, fixture, u16, writeSafetensors } from '../checkpoints.ts';
import {
  leftovers,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  tensorsOf,
  valuesOf,
  verify,
} from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const file = join(folder, 'llama.tvq');
let outputs = 0;
const output = () => join(folder, `restored-${outputs++}`);
beforeAll(() => quantize(recipe(file, { scheme: 'rtvq', keep: ['norm', 'lm_head'] })));

describe('a folder', () => {
  test("has the weights under their Hugging Face name, with the base model's config", async () => {
    const path = output();
    const result = await restore(restoreRecipe(file, 'math', path));
    expect((await readdir(path)).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
    ]);
    expect(result).toMatchObject({
      output: path,
      tensors: 21,
      bytes: (await stat(join(path, 'model.safetensors'))).size,
    });
    const header = (await readFile(join(path, 'model.safetensors'))).toString('latin1', 8, 60);
    expect(header).toContain('"__metadata__":{"format":"pt"}');
    const [restored, original] = await Promise.all([path, fixture('llama/math')].map(tensorsOf));
    expect([...restored!.keys()].sort()).toEqual([...original!.keys()].sort());
  });

  test('is never replaced without being asked', async () => {
    const path = output();
    await restore(restoreRecipe(file, 'math', path));
    await expect(restore(restoreRecipe(file, 'code', path))).rejects.toThrow('already exists');
    await restore(restoreRecipe(file, 'code', path, { overwrite: true }));
    expect(await leftovers(path)).toEqual([]);
  });
});

test('dtypes on request; integer and exact tensors follow', async () => {
  for (const dtype of ['F32', 'F16', 'BF16'] as const) {
    const path = `${output()}.safetensors`;
    await restore(restoreRecipe(file, 'code', path, { dtype }));
    const tensors = [...(await tensorsOf(path)).values()];
    expect(new Set(tensors.map(tensor => tensor.dtype))).toEqual(new Set([dtype]));
  }
});

describe('another base', () => {
  test('is refused, naming what differs', async () => {
    const path = output();
    const wrong = restoreRecipe(file, 'math', path, { base: fixture('llama/code') });
    await expect(restore(wrong)).rejects.toThrow(
      /llama\/code: not the base model "base" that llama.tvq was made from: the values of tensor ".*" differ; use that one, or pass --force/,
    );
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect(await leftovers(path)).toEqual([]);
  });
  test('is used when forced', async () => {
    const path = output();
    await restore(restoreRecipe(file, 'math', path, { base: fixture('llama/code'), force: true }));
    expect((await tensorsOf(path)).size).toBe(21);
  });
  test('is used when forced in another dtype, and refused with other shapes', async () => {
    const place = (name: string) => join(folder, `${name}.safetensors`);
    const moved = f32([8, 8], i => i / 64);
    const kept = f32([4], i => i);
    await writeSafetensors(place('base'), { moved: f32([8, 8], () => 0), kept });
    await writeSafetensors(place('tuned'), { moved, kept });
    await writeSafetensors(place('half'), { moved, kept: u16('BF16', [4], i => bf16Bits(i + 1)) });
    await writeSafetensors(place('long'), { moved, kept: f32([8], i => i) });
    const small = join(folder, 'small.tvq');
    await quantize(recipe(small, { base: place('base'), tasks: [{ name: 'one', path: place('tuned') }] }));
    const forced = (base: string, path: string) =>
      restore(restoreRecipe(small, 'one', path, { base: place(base), force: true }));

    const path = `${output()}.safetensors`;
    await forced('half', path);
    const restored = (await tensorsOf(path)).get('kept')!;
    expect([restored.dtype, ...valuesOf(restored)]).toEqual(['F32', 1, 2, 3, 4]);
    await expect(forced('long', output())).rejects.toThrow(
      /long\.safetensors: tensor "kept" is F32 \[8\] there, F32 \[4\] in the task/,
    );
  });
});

test('an unknown task names those there are', async () => {
  await expect(restore(restoreRecipe(file, 'maths', output()))).rejects.toThrow(
    'no task "maths"; it has code, math, chat',
  );
});

test('task vectors need their base', async () => {
  await expect(restore(restoreRecipe(file, 'math', output(), { base: undefined }))).rejects.toThrow(
    'holds task vectors; name the base model with --base (it was "base")',
  );
});

test('whole models (fq) do not', async () => {
  const whole = join(folder, 'fq.tvq');
  await quantize(recipe(whole, { scheme: 'fq', bits: 8 }));
  const path = output();
  await restore(restoreRecipe(whole, 'math', path, { base: undefined }));
  expect((await tensorsOf(path)).size).toBe(21);
});

describe('a damaged file', () => {
  test('is whole as long as nothing is flipped', async () => {
    expect(await verify(file)).toMatchObject({ damaged: [], bytes: (await stat(file)).size });
  });

  test('any flipped bit is found; in a payload the tensor is named', async () => {
    const bytes = await readFile(file);
    const { headerBytes, shared, tasks } = await openTvq(file);
    const payloads = [shared!, ...tasks].flatMap(({ name, records }) =>
      records.flatMap(({ tensor, payload }) => (payload ? [{ ...payload, name, tensor }] : [])),
    );
    const payloadAt = (at: number) =>
      payloads.find(({ offset, bytes: length }) => at >= offset && at < offset + length);
    const damaged = join(folder, 'damaged.tvq');
    // Every 37th byte of the header, every 101st of the data, and both ends of each payload.
    const places = [
      ...Array.from({ length: Math.ceil(headerBytes / 37) }, (_, i) => i * 37),
      ...Array.from(
        { length: Math.ceil((bytes.length - headerBytes) / 101) },
        (_, i) => headerBytes + i * 101,
      ),
      ...payloads.flatMap(({ offset, bytes: length }) => [offset, offset + length - 1]),
    ];
    for (const at of places) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      await writeFile(damaged, flipped);
      const found = (await verify(damaged)).damaged;
      const payload = payloadAt(at);
      expect(found, `byte ${at}`).toHaveLength(1);
      if (payload) expect(found[0]).toBe(`tensor "${payload.tensor}" of "${payload.name}"`);
    }
  });

  test('is not restored from', async () => {
    const bytes = await readFile(file);
    const { tasks } = await openTvq(file);
    const record = tasks[1]?.records.find(({ codec }) => codec.codec === 'affine');
    bytes[record?.payload?.offset as number]! ^= 1;
    const damaged = join(folder, 'damaged-codes.tvq');
    await writeFile(damaged, bytes);
    const path = output();
    await expect(restore(restoreRecipe(damaged, 'math', path))).rejects.toThrow(
      `tensor "${record?.tensor}" of "math" is damaged`,
    );
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test('a cut file', async () => {
    const cut = join(folder, 'cut.tvq');
    await writeFile(cut, (await readFile(file)).subarray(0, -1));
    expect((await verify(cut)).damaged).toEqual([expect.stringContaining('the file is truncated')]);
  });
});
