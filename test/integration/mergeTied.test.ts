/** Checkpoints whose head is their embedding: transformers writes only the embedding, and so must a merge. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensorsHeader } from '../../extension/formats/safetensors/safetensors.ts';
import type { MergeInput } from '../../extension/protocol/recipes.ts';
import { fixture } from '../checkpoints.ts';
import { checkpointInput, merge, mergeRecipe, quantize, recipe, tensorsOf } from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

const tied = (name: string) => fixture(`llama-tied/${name}`);
const TASKS = ['code', 'math'].map(name => ({ name, path: tied(name) }));
const base = tied('base');

const checkpoints = async (): Promise<MergeInput[]> =>
  TASKS.map(({ name, path: file }) => checkpointInput(file, name));
const tasks = async (): Promise<MergeInput[]> => {
  const file = path('.tvq');
  await quantize(recipe(file, { base, tasks: TASKS, bits: 4 }));
  return TASKS.map(({ name }) => ({ name, path: file, task: name }));
};

const json = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as unknown;
interface Index {
  readonly metadata: { readonly total_size: number };
  readonly weight_map: Readonly<Record<string, string>>;
}
const layout = async (model: string) =>
  [...(await tensorsOf(model))].map(([name, { dtype, shape }]) => [name, dtype, shape]).sort();

describe.each([
  ['checkpoints', checkpoints],
  ['tasks of a .tvq file', tasks],
])('merging %s', (_, inputs) => {
  test('writes one file as save_pretrained does, without a second copy of the embedding', async () => {
    const { output } = await merge(mergeRecipe(path(), 'ties', await inputs(), { base }));
    expect(await layout(output)).toEqual(await layout(tied('code')));
    expect((await tensorsOf(output)).has('lm_head.weight')).toBe(false);
    const { metadata } = await readSafetensorsHeader(join(output, 'model.safetensors'));
    expect(metadata).toMatchObject({ format: 'pt', 'tvq.merge_method': 'ties' });
    const config = await json(join(output, 'config.json'));
    expect(config).toEqual(await json(join(tied('code'), 'config.json')));
    expect(config).toMatchObject({ tie_word_embeddings: true, dtype: 'bfloat16' });
    expect(await readdir(output)).toEqual(
      expect.arrayContaining(['config.json', 'generation_config.json', 'model.safetensors']),
    );
  });

  test('shards it as save_pretrained does', async () => {
    const asked = mergeRecipe(path(), 'task_arithmetic', await inputs(), { base, shardBytes: 16_000 });
    const { output } = await merge(asked);
    const weights = (names: string[]) => names.filter(name => name.includes('safetensors')).sort();
    expect(weights(await readdir(output))).toEqual(weights(await readdir(base)));
    const index = async (model: string) => (await json(join(model, 'model.safetensors.index.json'))) as Index;
    const [ours, theirs] = [await index(output), await index(base)];
    expect(ours.metadata.total_size).toBe(theirs.metadata.total_size);
    // We sort tensors by name, transformers by module: which file has which may differ, as the index tells.
    expect(Object.keys(ours.weight_map)).toEqual(Object.keys(theirs.weight_map).sort());
    for (const [tensor, file] of Object.entries(ours.weight_map))
      expect([...(await tensorsOf(join(output, file))).keys()]).toContain(tensor);
  });
});

test('a base with a head of its own needs inputs that have one', async () => {
  const asked = mergeRecipe(path(), 'ties', await checkpoints(), { base: fixture('llama/base') });
  await expect(merge(asked)).rejects.toThrow(/"code": its head .* is its embedding.*--on-mismatch/);
});
