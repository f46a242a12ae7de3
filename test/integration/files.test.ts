/** Not weights: files that a .tvq file carries, metadata that merges keep, adapted configs, old versions. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensorsHeader } from '../../extension/formats/safetensors/safetensors.ts';
import { plan } from '../../extension/engine/engine.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { summarizeTvq } from '../../extension/formats/tvq/summary.ts';
import { bytesPart, changeJson, changeTvq } from '../changedTvq.ts';
import { f32, fixture, noise, safetensorsBytes, writeModelFolder } from '../checkpoints.ts';
import {
  checkpointInput,
  merge,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
  verify,
} from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();

/** A model folder of two tensors, and other files beside them. */
function model(seed: number, files: Readonly<Record<string, string>>, rows = 40): Promise<string> {
  const next = noise(seed);
  const tensors = {
    'model.embed_tokens.weight': f32([rows, 32], next),
    'model.layers.0.mlp.up_proj.weight': f32([64, 32], next),
  };
  return writeModelFolder(path(), tensors, files);
}

const config = (more: object = {}) => JSON.stringify({ vocab_size: 40, dtype: 'float32', ...more }, null, 2);
const read = (folder: string, name: string) => readFile(join(folder, name), 'utf8');
const asTask = (name: string, folder: string) => ({ name, path: folder });

describe('a restored folder', () => {
  test("has the tuning's own files; what is the base's, or another task's, is stored once", async () => {
    const tokenizer = JSON.stringify({ words: 'word '.repeat(1000) });
    const base = await model(1, { 'config.json': config(), 'tokenizer.json': tokenizer, LICENSE: 'MIT' });
    const own = { 'config.json': config({ rope_theta: 1e6 }), 'chat_template.jinja': '{{ own }}' };
    const [a, b] = [await model(2, { ...own, 'tokenizer.json': tokenizer }), await model(3, own)];
    const asked = recipe(path('.tvq'), { base, tasks: [asTask('a', a), asTask('b', b)] });
    const planned = await plan(asked, OPTIONS);
    expect((await quantize(asked)).bytes).toBeLessThanOrEqual(planned.bytes);
    expect((await verify(asked.output)).damaged).toEqual([]);
    const { files } = summarizeTvq(await openTvq(asked.output));
    expect(files.map(({ name, tasks, from }) => [name, tasks.join(), from])).toEqual([
      ['chat_template.jinja', 'a,b', 'file'],
      ['config.json', 'a,b', 'file'],
      ['tokenizer.json', 'a', 'base'],
    ]);
    const output = path();
    const { warnings } = await restore(restoreRecipe(asked.output, 'a', output, { base, dtype: 'BF16' }));
    expect(warnings).toEqual([]);
    expect(await read(output, 'config.json')).toBe(
      config({ rope_theta: 1e6 }).replace('float32', 'bfloat16'),
    );
    expect(await read(output, 'chat_template.jinja')).toBe('{{ own }}');
    expect(await read(output, 'tokenizer.json')).toBe(tokenizer);

    await writeFile(join(base, 'tokenizer.json'), '{}');
    const later = await restore(restoreRecipe(asked.output, 'a', path(), { base }));
    expect(later.warnings).toEqual([expect.stringContaining('not the file that task "a" was stored with')]);
  });

  test('of embeddings that were resized loads: its config says what the weights are', async () => {
    const base = await model(1, { 'config.json': config(), 'tokenizer.json': '{"tokens":40}' });
    const own = await model(
      2,
      { 'config.json': config({ vocab_size: 44 }), 'tokenizer.json': '{"tokens":44}' },
      44,
    );
    for (const files of [true, false]) {
      const asked = recipe(path('.tvq'), { base, tasks: [asTask('a', own)], keep: ['embed'], files });
      await quantize(asked);
      const output = path();
      const { warnings } = await restore(restoreRecipe(asked.output, 'a', output, { base }));
      expect(JSON.parse(await read(output, 'config.json'))).toMatchObject({ vocab_size: 44 });
      expect(await read(output, 'tokenizer.json')).toBe(files ? '{"tokens":44}' : '{"tokens":40}');
      expect(warnings).toEqual(
        files ? [] : [expect.stringMatching(/vocab_size is 40: set to 44; its tokenizer/)],
      );
    }
  });

  test('a budget counts the files', async () => {
    const base = await model(1, { 'config.json': config() });
    const next = noise(5);
    const random = Array.from({ length: 4000 }, () => Math.floor(1e6 * next())).join(' ');
    const own = await model(2, { 'config.json': config(), 'vocab.txt': random });
    const asked = recipe(path('.tvq'), { base, tasks: [asTask('a', own)], budget: '20000B' });
    const { bytes } = await quantize(asked);
    expect(bytes).toBeLessThanOrEqual(20_000);
    await expect(quantize({ ...asked, output: path('.tvq'), budget: '15000B' })).rejects.toThrow(
      '15000 B is too small',
    );
    await quantize({ ...asked, output: path('.tvq'), budget: '15000B', files: false });
  });
});

describe('metadata', () => {
  const said = { format: 'pt', 'modelspec.prediction_type': 'v', 'modelspec.hash_sha256': '0x1', note: 'ü' };
  const lone = async (seed: number, metadata: object) => {
    const file = path('.safetensors');
    const next = noise(seed);
    const { data } = f32([64, 64], next);
    const w = { dtype: 'F32', shape: [64, 64], data_offsets: [0, data.length] };
    await writeFile(file, safetensorsBytes({ __metadata__: metadata, w }, data));
    return file;
  };
  const metadataOf = async (file: string) => (await readSafetensorsHeader(file)).metadata;

  test('of a tuning is restored, but for hashes that are no longer true', async () => {
    const [base, own] = [await lone(1, { format: 'pt' }), await lone(2, said)];
    for (const scheme of ['tvq', 'fq'] as const) {
      const asked = recipe(path('.tvq'), { base, tasks: [asTask('a', own)], scheme, bits: 4 });
      await quantize(asked);
      const output = path('.safetensors');
      await restore(restoreRecipe(asked.output, 'a', output, { base }));
      const { 'modelspec.hash_sha256': _, ...kept } = said;
      expect(await metadataOf(output)).toEqual(kept);
    }
  });

  test("a merge keeps the base's, adds its own, and tells of tasks that state another computation", async () => {
    const [base, own] = [
      await lone(1, said),
      await lone(2, { ...said, 'modelspec.prediction_type': 'epsilon' }),
    ];
    const output = path();
    const { warnings } = await merge(
      mergeRecipe(output, 'task_arithmetic', [checkpointInput(own, 'a')], { base }),
    );
    expect(await metadataOf(join(output, 'model.safetensors'))).toEqual({
      format: 'pt',
      'modelspec.prediction_type': 'v',
      note: 'ü',
      'tvq.merge_method': 'task_arithmetic',
      'tvq.tool': expect.stringContaining('tvq') as string,
    });
    expect(warnings).toContainEqual(
      expect.stringMatching(/input "a".*modelspec.prediction_type is "epsilon" here, "v" in the base/),
    );
  });
});

describe.each([
  { version: 1, base: 'base.safetensors', files: 0, restored: 10 },
  { version: 2, base: 'base', files: 3, restored: 28 },
])('version $version', ({ version, base, files, restored }) => {
  const folder = fixture(`tvq${version}`);
  test('files verify, and restore the same bytes as when they were written', async () => {
    const sums = (await readFile(join(folder, 'SHA256SUMS'), 'utf8')).trim().split('\n');
    expect(sums).toHaveLength(restored);
    for (const line of sums) {
      const [sum, name] = line.split(/\s+/) as [string, string];
      const [, file, task, kind] = /(\w+)-(\w)\.(\w+)/.exec(name) as unknown as string[];
      const source = join(folder, `${file}.tvq`);
      expect((await verify(source)).damaged).toEqual([]);
      const summary = summarizeTvq(await openTvq(source));
      expect([summary.formatVersion, summary.files.length]).toEqual([version, files]);
      const output = path(kind === 'config' ? '' : '.safetensors');
      await restore(restoreRecipe(source, task as string, output, { base: join(folder, base) }));
      const written = kind === 'config' ? join(output, 'config.json') : output;
      const found = createHash('sha256').update(await readFile(written));
      expect(found.digest('hex'), name).toBe(sum);
    }
  });
});

describe('a file that grew', () => {
  const written = async () => {
    const base = await model(1, { 'config.json': config() });
    const own = await model(2, { 'config.json': config({ a: 1 }) });
    const asked = recipe(path('.tvq'), { base, tasks: [asTask('a', own)] });
    await quantize(asked);
    return { base, file: asked.output };
  };

  test('is refused by what it requires, and read past what it has beside', async () => {
    const { file } = await written();
    const newer = await changeTvq(file, path('.tvq'), ({ metadata }) => {
      metadata.tvq_requires = '["low-rank"]';
    });
    await expect(openTvq(newer)).rejects.toThrow(
      'it needs a reader that understands "low-rank", this tool does not',
    );
    const XXH64_OF_NOTHING = 'ef46db3751d8e999';
    const more = await changeTvq(file, path('.tvq'), parts => {
      parts.metadata.tvq_later = '{}';
      changeJson<unknown[]>(parts, 'tvq_extras', extras => [...extras, ['@thumbnail', XXH64_OF_NOTHING]]);
      parts.tensors.set('@thumbnail', bytesPart(new Uint8Array()));
    });
    expect(await verify(more)).toMatchObject({ damaged: [] });
    const stray = await changeTvq(file, path('.tvq'), ({ tensors }) => {
      tensors.set('@thumbnail', bytesPart(new Uint8Array()));
    });
    await expect(openTvq(stray)).rejects.toThrow('"@thumbnail" belongs to no vector');
  });

  test('names and sizes that a file claims are not trusted', async () => {
    const { base, file } = await written();
    const withFiles = (change: (text: string) => string) =>
      changeTvq(file, path('.tvq'), ({ metadata }) => {
        metadata.tvq_files = change(metadata.tvq_files as string);
      });
    const renamed = (name: string) => withFiles(text => text.replace('config.json', name));
    for (const name of ['../config.json', '/tmp/x.json', '.bashrc', 'model.safetensors', 'a\\\\b.json']) {
      const output = path();
      const { warnings } = await restore(restoreRecipe(await renamed(name), 'a', output, { base }));
      expect(warnings[0], name).toContain('is not a file that belongs to a model; not written');
    }
    const bomb = await withFiles(text => text.replace(/"config.json",\d+/, '"config.json",7'));
    await expect(restore(restoreRecipe(bomb, 'a', path(), { base }))).rejects.toThrow(
      '"config.json" is damaged',
    );
    expect((await verify(bomb)).damaged).toEqual(['file "config.json" of "a"']);
  });
});

test("sentence-transformers' modules go along", async () => {
  const modules = JSON.stringify([
    { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
    { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    { idx: 2, name: '2', path: '2_Dense', type: 'sentence_transformers.models.Dense' },
    { idx: 3, name: '3', path: '../3_Out', type: 'x' },
  ]);
  const files = {
    'config.json': config(),
    'modules.json': modules,
    'sentence_bert_config.json': '{}',
    '1_Pooling/config.json': '{"pooling_mode_mean_tokens": true}',
    '2_Dense/config.json': '{}',
    '2_Dense/model.safetensors': 'weights',
    '2_Dense/pytorch_model.bin': 'weights',
    'onnx/config.json': '{}',
    '4_Other/config.json': '{}',
  };
  const base = await model(1, files);
  const own = await model(2, { ...files, '1_Pooling/config.json': '{"pooling_mode_mean_tokens": false}' });
  const merged = path();
  const { warnings } = await merge(
    mergeRecipe(merged, 'task_arithmetic', [checkpointInput(own, 'a')], { base }),
  );
  expect(await read(merged, '2_Dense/model.safetensors')).toBe('weights');
  expect(await read(merged, '1_Pooling/config.json')).toContain('true');
  for (const name of ['onnx/config.json', '4_Other/config.json', '2_Dense/pytorch_model.bin'])
    await expect(read(merged, name)).rejects.toThrow('ENOENT');
  expect(warnings.join('\n')).toMatch(/2_Dense\/model.safetensors: copied as it is, not merged/);
  expect(warnings.join('\n')).toMatch(
    /pooling_mode_mean_tokens \(1_Pooling\/config.json\) is false here, true in/,
  );

  const asked = recipe(path('.tvq'), { base, tasks: [asTask('a', own)] });
  await quantize(asked);
  const restored = path();
  await restore(restoreRecipe(asked.output, 'a', restored, { base }));
  expect(await read(restored, '1_Pooling/config.json')).toContain('false');
  expect(await read(restored, '2_Dense/model.safetensors')).toBe('weights');
});

test('a base without a config is told, where an input has one', async () => {
  const bare = { 'tokenizer.json': '{}' };
  const [base, other] = [await model(1, bare), await model(2, bare)];
  const whole = await model(3, { ...bare, 'config.json': config() });
  const warnings = async (input: string) =>
    (await merge(mergeRecipe(path(), 'task_arithmetic', [checkpointInput(input, 'a')], { base }))).warnings;
  expect(await warnings(other)).toEqual([]);
  expect(await warnings(whole)).toEqual([expect.stringContaining(`${base}: has no config.json`)]);
});
