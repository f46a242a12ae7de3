/** A task of a .tvq file merges like the checkpoint it was made from, including config, files and integers. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensorsHeader } from '../../extension/formats/safetensors/safetensors.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { MergeInput, MergeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, i64, noise, writeModelFolder, type MadeTensor } from '../checkpoints.ts';
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
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

type Tensors = Readonly<Record<string, MadeTensor>>;

/** A model folder with a tokenizer. */
const model = (tensors: Tensors, config: object = {}, note = ''): Promise<string> =>
  writeModelFolder(
    path(),
    tensors,
    { 'config.json': JSON.stringify(config), 'tokenizer.json': JSON.stringify({ note }) },
    { format: 'pt', ...(note ? { note } : {}) },
  );

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const tied = { tie_word_embeddings: true };

/** A small model of random values. */
const body = (seed: number, rows = 40): Tensors => ({
  [EMBEDDING]: f32([rows, 16], noise(seed)),
  'model.layers.0.mlp.up_proj.weight': f32([16, 16], noise(seed + 100)),
  'model.layers.0.mlp.down_proj.weight': f32([16, 16], noise(seed + 200)),
  'model.norm.weight': f32([16], noise(seed + 300)),
});
/** The same model with its embedding stored a second time as its head. */
const doubled = (seed: number): Tensors => ({ ...body(seed), [HEAD]: body(seed)[EMBEDDING] as MadeTensor });
const ownHead = (seed: number): Tensors => ({ ...body(seed), [HEAD]: f32([40, 16], noise(seed + 400)) });

type Models = Readonly<Record<string, string>>;
const quantized = async (base: string, models: Models): Promise<string> => {
  const file = path('.tvq');
  const tasks = Object.entries(models).map(([name, folder]) => ({ name, path: folder }));
  await quantize(recipe(file, { base, tasks, bits: 4 }));
  return file;
};

describe.each<[string, (base: string, models: Models) => Promise<MergeInput[]>]>([
  [
    'checkpoints',
    async (_, models) =>
      Promise.resolve(Object.entries(models).map(([name, folder]) => checkpointInput(folder, name))),
  ],
  [
    'tasks of a .tvq file',
    async (base, models) => {
      const file = await quantized(base, models);
      return Object.keys(models).map(name => ({ name, path: file, task: name }));
    },
  ],
])('%s', (_, inputsOf) => {
  const merged = async (base: string, models: Models, changes: Partial<MergeRecipe> = {}) => {
    const inputs = await inputsOf(base, models);
    const asked = mergeRecipe(path(), 'task_arithmetic', inputs, { base, ...changes });
    const { output, warnings } = await merge(asked);
    const config = JSON.parse(await readFile(join(output, 'config.json'), 'utf8')) as object;
    return { output, warnings, config, tensors: await tensorsOf(output) };
  };

  test('give the model config, tokenizer and metadata where tensors are taken from them', async () => {
    const base = await model(body(1), { vocab_size: 40 });
    const a = await model(body(2, 44), { vocab_size: 44 }, 'of a');
    const { output, config } = await merged(base, { a }, { onMismatch: 'first' });
    expect(config).toMatchObject({ vocab_size: 44 });
    expect(JSON.parse(await readFile(join(output, 'tokenizer.json'), 'utf8'))).toEqual({ note: 'of a' });
    const { metadata } = await readSafetensorsHeader(join(output, 'model.safetensors'));
    expect(metadata).toMatchObject({ note: 'of a', 'tvq.merge_method': 'task_arithmetic' });
    expect(await readdir(output)).toHaveLength(6);
  });

  test('are told to have other integers', async () => {
    const ids = (first: bigint) => ({ 'model.ids': i64([4], i => (i === 0 ? first : 1n)) });
    const base = await model({ ...body(1), ...ids(5n) });
    const [same, other] = [await model({ ...body(2), ...ids(5n) }), await model({ ...body(2), ...ids(6n) })];
    const line = 'tensor "model.ids" not the same in all models; copied, not merged';
    expect((await merged(base, { a: same })).warnings).toEqual([]);
    expect((await merged(base, { a: other })).warnings).toEqual([line]);
  });

  test.each([
    ['by their configs', doubled(1), tied],
    ['by their configs, which the base stores no head for', body(1), tied],
    ['by what they store', doubled(1), {}],
  ])('stay tied %s', async (_, original, config) => {
    const base = await model(original, config);
    // Keep this input's config different from the base's bytes.
    const b = await model(doubled(3), { ...config, own: true });
    const { tensors, config: made } = await merged(base, { a: await model(doubled(2), config), b });
    const stored = tensors.get(HEAD)?.data;
    expect(stored).toEqual('tie_word_embeddings' in config ? undefined : tensors.get(EMBEDDING)?.data);
    expect(made).toEqual(config);
  });

  test('with a tied head do not fit a base with one of its own, which the error says', async () => {
    const base = await model(ownHead(1));
    const merging = merged(base, { a: await model(doubled(2), tied), b: await model(ownHead(3)) });
    await expect(merging).rejects.toThrow(
      `input "a": its head (tensor "${HEAD}") is its embedding, the base has one of its own; --on-mismatch`,
    );
  });
});

test.each([
  ['a head that the base has too', ownHead(1), tied, true],
  ['a head that the base lacks', body(1), tied, true],
  ['a head of its own', doubled(1), { tie_word_embeddings: false }, false],
])('%s is restored as the config says', async (_, original, config, same) => {
  const base = await model(original, tied);
  const file = await quantized(base, { a: await model(same ? doubled(2) : ownHead(2), config) });
  const output = path();
  await restore(restoreRecipe(file, 'a', output, { base }));
  const tensors = await tensorsOf(output);
  const [head, embedding] = [HEAD, EMBEDDING].map(name => valuesOf(tensors.get(name) as never));
  if (same) expect(head).toEqual(embedding);
  else expect(head).not.toEqual(embedding);
});

test('a damaged tensor of a task is never copied, nor compared with', async () => {
  const ids = (first: number) => ({ 'model.ids': i64([4], i => BigInt(i === 0 ? first : i)) });
  const base = await model({ ...body(1), ...ids(5) });
  const file = await quantized(base, { a: await model({ ...body(2, 44), ...ids(6) }) });
  const { tasks } = await openTvq(file);
  for (const [name, onMismatch] of [
    [EMBEDDING, 'first'],
    ['model.ids', 'base'],
  ] as const) {
    const bytes = await readFile(file);
    const { payload } = tasks[0]!.records.find(({ tensor }) => tensor === name)!;
    bytes[payload!.offset + 3]! ^= 1;
    const damaged = path('.tvq');
    await writeFile(damaged, bytes);
    const inputs = [{ name: 'a', path: damaged, task: 'a' }];
    const asked = mergeRecipe(path(), 'task_arithmetic', inputs, { base, onMismatch });
    await expect(merge(asked), name).rejects.toThrow(`tensor "${name}" of "a" is damaged`);
  }
});
