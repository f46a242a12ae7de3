/** Adapters in a .tvq file: stored as their own factors where those are smaller than codes. */
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAdapted } from '../../extension/engine/codecs/factors/factors.ts';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { applyAdapter } from '../../extension/formats/lora/applyAdapter.ts';
import { factorsPayload, parseFactors } from '../../extension/formats/tvq/factorsPayload.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { fixture, f32, noise, u16, bf16Bits, writeSafetensors } from '../checkpoints.ts';
import {
  checkpointInput,
  merge,
  mergeRecipe,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  tensorsOf,
  verify,
} from '../engine.ts';
import { sourceBytes } from '../sourceBytes.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const [ROWS, COLS] = [192, 320];

/** A base with two matrices and a norm, and two LoRAs, of both matrices. */
async function family(rank: number) {
  const base = path('.safetensors');
  const value = noise(1);
  await writeSafetensors(base, {
    'layers.0.up.weight': u16('BF16', [ROWS, COLS], () => bf16Bits(value())),
    'layers.0.down.weight': u16('BF16', [COLS, ROWS], () => bf16Bits(value())),
    'layers.0.norm.weight': f32([COLS], () => 1 + value()),
  });
  const adapters = await Promise.all(
    [2, 3].map(async seed => {
      const file = path('.safetensors');
      const random = noise(seed);
      const factor = (...shape: number[]) => f32(shape, () => random() / 8);
      await writeSafetensors(file, {
        'lora_unet_layers_0_up.lora_down.weight': factor(rank, COLS),
        'lora_unet_layers_0_up.lora_up.weight': factor(ROWS, rank),
        'lora_unet_layers_0_up.alpha': f32([], () => 2),
        'lora_unet_layers_0_down.lora_down.weight': factor(rank, ROWS),
        'lora_unet_layers_0_down.lora_up.weight': factor(COLS, rank),
      });
      return file;
    }),
  );
  return { base, tasks: adapters.map((file, i) => ({ name: `style${i}`, path: file })) };
}
const { base, tasks } = await family(3);

const codecsOf = async (file: string) =>
  new Map((await openTvq(file)).tasks[0]?.records.map(({ tensor, codec }) => [tensor, codec.codec]));

/** What a model of the base and an adapter has. */
async function adapted(adapter: string, dtype?: 'F32') {
  const output = path();
  const inputs = ['a', 'b'].map(name => checkpointInput(`${base}+${adapter}`, name));
  await merge(mergeRecipe(output, 'linear', inputs, { base: undefined, dtype }));
  return tensorsOf(output);
}

const FOLDERS = readdirSync(fixture('lora'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && entry.name !== 'llama')
  .map(({ name }) => name);

test.each(FOLDERS)('factors of %s come back from their payload', async name => {
  const folder = fixture(`lora/${name}`);
  const file = readdirSync(folder).find(entry => /^(adapter_model|lora)\./.test(entry)) as string;
  const model = await openCheckpoint(fixture('lora/base.safetensors'));
  const { checkpoint } = await applyAdapter(await openCheckpoint(join(folder, file)), model);
  for (const source of [...checkpoint.tensors.values()].filter(isAdapted)) {
    if (source.deltas.length === 0) continue;
    const { head, matrices, bytes } = factorsPayload(source.deltas);
    const payload = Buffer.concat([head, ...(await Promise.all(matrices.map(one => sourceBytes(one))))]);
    expect(payload.length).toBe(bytes);
    const stored = path();
    await writeFile(stored, payload);
    const again = { ...source, deltas: parseFactors(payload, stored, source.shape) };
    expect(await sourceBytes(again)).toEqual(await sourceBytes(source));
  }
});

describe('stored and read', () => {
  test.each([
    ['cpu', { bits: 3 }],
    ['webgpu', { bits: 3 }],
    ['cpu', { budget: '5%', bits: 3 }],
    ['cpu', { scheme: 'rtvq', bits: 2 }],
  ] as const)('%s, %j: exactly, from fewer bytes than codes', async (backend, changes) => {
    const file = path('.tvq');
    const report = await quantize(recipe(file, { base, tasks, ...changes }), { backend });
    expect(report).toMatchObject({ relativeErrors: [0, 0], warnings: [] });
    const codecs = await codecsOf(file);
    expect(codecs.get('layers.0.up.weight')).toBe('factors');
    expect(codecs.get('layers.0.down.weight')).toBe('factors');
    expect(codecs.get('layers.0.norm.weight')).toBe('same');
    await verify(file);
    for (const { name, path: adapter } of tasks) {
      const output = path('.safetensors');
      await restore(restoreRecipe(file, name, output, { base }), { backend });
      const wanted = await adapted(adapter);
      for (const [tensor, { dtype, data }] of await tensorsOf(output))
        expect({ tensor, dtype, data }).toEqual({ tensor, ...pick(wanted.get(tensor)) });
    }
  });

  test('merged as from the adapters themselves', async () => {
    const file = path('.tvq');
    await quantize(recipe(file, { base, tasks }));
    const [stored, given] = [path(), path()];
    const asked = { base, parameters: { density: 0.5 } };
    const fromFile = tasks.map(({ name }) => ({ name, path: file, task: name }));
    await merge(mergeRecipe(stored, 'ties', fromFile, asked));
    const files = tasks.map(({ name, path: adapter }) => checkpointInput(adapter, name));
    await merge(mergeRecipe(given, 'ties', files, asked));
    const [a, b] = [await tensorsOf(stored), await tensorsOf(given)];
    // Factors give what is added itself; of an adapted model it is a difference of rounded sums.
    for (const [tensor, { data }] of a) {
      const wanted = new Uint16Array(b.get(tensor)!.data.slice().buffer);
      const other = new Uint16Array(data.slice().buffer).filter((bits, i) => Math.abs(bits - wanted[i]!) > 1);
      expect(other.length, tensor).toBeLessThan(wanted.length / 1000);
    }
  });
});

const pick = (tensor: { dtype: string; data: Uint8Array } | undefined) => ({
  dtype: tensor?.dtype,
  data: tensor?.data,
});

test('codes are smaller: an adapter is quantized', async () => {
  const file = path('.tvq');
  await quantize(recipe(file, { ...(await family(8)), bits: 1, keep: ['down'] }));
  const codecs = await codecsOf(file);
  expect(codecs.get('layers.0.up.weight')).toBe('affine');
  expect(codecs.get('layers.0.down.weight')).toBe('factors');
});

test('of another base, or pruned, an adapter has no factors here', async () => {
  const other = path('.safetensors');
  const value = noise(9);
  const tensors = await tensorsOf(base);
  await writeSafetensors(
    other,
    Object.fromEntries(
      [...tensors].map(([name, { shape }]) => [name, u16('BF16', shape, () => bf16Bits(value()))]),
    ),
  );
  const file = path('.tvq');
  const whole = tasks.map(({ name, path: adapter }) => ({ name, path: `${other}+${adapter}` }));
  await quantize(recipe(file, { base, tasks: whole }));
  expect((await codecsOf(file)).get('layers.0.up.weight')).toBe('affine');
  const pruned = path('.tvq');
  await quantize(recipe(pruned, { base, tasks, prune: 0.5 }));
  expect((await codecsOf(pruned)).get('layers.0.up.weight')).toBe('affine');
});

describe('a payload that is not valid is refused', () => {
  const payloadOf = (json: unknown, bytes: number) => {
    const text = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([length, text, Buffer.alloc(bytes)]);
  };
  const stored = (...shape: number[]) => ({ stored: ['F32', shape] });
  const term = { matrix: { product: [stored(4, 2), stored(2, 3)] }, scale: 1, firstRow: 0 };
  test('unless it is', () => expect(parseFactors(payloadOf([term], 4 * 14), '', [4, 3])).toHaveLength(1));
  test.each([
    ['nothing', Buffer.alloc(2), 'its head is too long'],
    ['a long head', payloadOf([term], 0).subarray(0, 20), 'its head is too long'],
    ['no JSON', payloadOf('{', 0), 'its head is not valid'],
    ['nested', payloadOf('['.repeat(50), 0), 'its head nests too deep'],
    ['cut', payloadOf([term], 4 * 13), 'its factors take'],
    ['no float', payloadOf([{ ...term, matrix: { stored: ['I32', [4, 3]] } }], 48), 'its head is not valid'],
    [
      'factors that do not meet',
      payloadOf([{ ...term, matrix: { product: [stored(4, 2), stored(3, 3)] } }], 0),
      '4 × 2 by 3 × 3',
    ],
    ['too many rows', payloadOf([{ ...term, firstRow: 1 }], 56), 'its factors are for 5 × 3 values'],
  ])('%s', (_, payload, message) => {
    expect(() => parseFactors(payload, '', [4, 3])).toThrow(message);
  });
});
