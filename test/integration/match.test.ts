/** Models whose tensors differ from the base's: what is still merged, what is refused, and how that is reported. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { planMerge, summarizeMerge } from '../../extension/engine/merge/plan.ts';
import type { MergeReport } from '../../extension/engine/merge/output/report.ts';
import type { MergeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, i64, u16, writeModelFolder, type MadeTensor } from '../checkpoints.ts';
import {
  checkpointInput,
  merge,
  mergeRecipe,
  OPTIONS,
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

/** A model folder. */
const model = (tensors: Tensors, config: object = {}): Promise<string> =>
  writeModelFolder(path(), tensors, { 'config.json': JSON.stringify(config) });

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const matrix = (value: number, shape: readonly number[] = [4, 4]) => f32(shape, () => value);

/** A model of one layer whose values are all the same. */
const body = (value: number): Tensors => ({
  [EMBEDDING]: matrix(value),
  'model.layers.0.mlp.up_proj.weight': matrix(value),
  'model.layers.0.mlp.down_proj.weight': matrix(value),
  'model.norm.weight': f32([4], () => value),
});

const asked = (
  base: string | undefined,
  inputs: Readonly<Record<string, string>>,
  changes: Partial<MergeRecipe> = {},
) =>
  mergeRecipe(
    path(),
    base === undefined ? 'linear' : 'task_arithmetic',
    Object.entries(inputs).map(([name, file]) => checkpointInput(file, name)),
    { base, parameters: base === undefined ? {} : { scale: 1 }, ...changes },
  );

/** The first value of each merged tensor, and the messages. */
async function merged(recipe: MergeRecipe) {
  const { output, warnings } = await merge(recipe);
  const tensors = await tensorsOf(output);
  const floats = [...tensors].filter(([, { dtype }]) => dtype === 'F32');
  return {
    output,
    warnings,
    tensors,
    values: Object.fromEntries(floats.map(([name, tensor]) => [name, valuesOf(tensor)[0]])),
    config: JSON.parse(await readFile(join(output, 'config.json'), 'utf8')) as Record<string, unknown>,
  };
}

describe('output heads that some models store and others have as their embedding', () => {
  const tied = { tie_word_embeddings: true };

  test('in the base only: it is the embedding, and is left out as the config says', async () => {
    const base = await model({ ...body(1), [HEAD]: matrix(1) }, tied);
    const { values } = await merged(asked(base, { a: await model(body(3), tied) }));
    expect(values).toMatchObject({ [EMBEDDING]: 3 });
    expect(values).not.toHaveProperty(HEAD);
  });

  test('in the base only, where nothing but the bytes says that it is the embedding', async () => {
    const base = await model({ ...body(1), [HEAD]: matrix(1) });
    const { values } = await merged(asked(base, { a: await model(body(3)) }));
    expect(values).toMatchObject({ [EMBEDDING]: 3, [HEAD]: 3 });
  });

  test('random masks are the same for both', async () => {
    const base = await model({ ...body(1), [HEAD]: matrix(1) });
    const a = await model(body(3));
    const { tensors } = await merged({ ...asked(base, { a }), method: 'dare_linear' });
    expect(tensors.get(HEAD)?.data).toEqual(tensors.get(EMBEDDING)?.data);
  });

  test('a copy in one input only is no head of its own', async () => {
    const a = await model({ ...body(3), [HEAD]: matrix(3) }, tied);
    const { values, config } = await merged(asked(await model(body(1), tied), { a }));
    expect(values).not.toHaveProperty(HEAD);
    expect(config.tie_word_embeddings).toBe(true);
  });

  test('a head of its own in one input is written, to which the others contribute their embedding', async () => {
    const a = await model({ ...body(3), [HEAD]: matrix(7) }, { tie_word_embeddings: false });
    const b = await model(body(2), tied);
    const { values, config } = await merged(asked(await model(body(1), tied), { a, b }));
    expect(values).toMatchObject({ [EMBEDDING]: 4, [HEAD]: 1 + 6 + 1 });
    expect(config.tie_word_embeddings).toBe(false);
  });

  test('so in a mean of whole models', async () => {
    const a = await model({ ...body(3), [HEAD]: matrix(7) }, { tie_word_embeddings: false });
    const b = await model(body(1), tied);
    expect((await merged(asked(undefined, { a, b }))).values).toMatchObject({ [EMBEDDING]: 2, [HEAD]: 4 });
  });

  test('a base with a head of its own needs inputs that have one', async () => {
    const base = await model({ ...body(1), [HEAD]: matrix(5) });
    await expect(merge(asked(base, { a: await model(body(3)) }))).rejects.toThrow(
      `input "a" lacks tensor "${HEAD}" of the base; --on-mismatch base`,
    );
  });
});

describe('buffers', () => {
  const buffers: Tensors = {
    'model.layers.0.self_attn.rotary_emb.inv_freq': f32([2], i => 1 / (i + 1)),
    'h.0.attn.masked_bias': u16('F16', [], () => 0xfc00), // −∞
    'embeddings.position_ids': i64([1, 4], i => BigInt(i)),
  };

  test('that only the base has are kept, with one line', async () => {
    const base = await model({ ...body(1), ...buffers });
    const { tensors, warnings } = await merged(
      asked(base, { a: await model(body(2)), b: await model(body(2)) }),
    );
    for (const [name, { data }] of Object.entries(buffers)) expect(tensors.get(name)?.data).toEqual(data);
    expect(warnings.filter(line => line.includes('inv_freq'))).toHaveLength(1);
  });

  test('are never computed with, whatever their dtype', async () => {
    const floats = { ...buffers, 'embeddings.position_ids': f32([1, 4], i => i) };
    const base = await model({ ...body(1), ...buffers });
    const { tensors } = await merged(asked(base, { a: await model({ ...body(2), ...floats }) }));
    expect(tensors.get('embeddings.position_ids')?.dtype).toBe('I64');
  });

  test('that differ are told', async () => {
    const a = await model({ ...body(2), ...buffers, 'embeddings.position_ids': i64([1, 4], () => 0n) });
    const { warnings } = await merged(asked(await model({ ...body(1), ...buffers }), { a }));
    expect(warnings).toContain(
      'tensor "embeddings.position_ids" not the same in all models; copied, not merged',
    );
  });
});

describe('integers', () => {
  test('more of them than a buffer has are told', async () => {
    const codes = i64([100, 100], i => BigInt(i));
    const base = await model({ ...body(1), codes });
    const { warnings } = await merged(asked(base, { a: await model({ ...body(2), codes }) }));
    expect(warnings.join('\n')).toContain('tensor "codes", 80.0 kB of integers, copied from the base');
  });
});

describe('tensors that differ', () => {
  const HEADS = 'score.weight';
  const classifier = (value: number, labels: number) => ({
    ...body(value),
    [HEADS]: matrix(value, [labels, 4]),
  });
  const made = async () => ({
    base: await model(classifier(1, 10), { num_labels: 10 }),
    a: await model(classifier(2, 3), { num_labels: 3 }),
  });

  test('are an error that names the way out', async () => {
    const { base, a } = await made();
    await expect(merge(asked(base, { a }))).rejects.toThrow(
      /^input "a": tensor "score.weight" of a different length \(\[3, 4\], \[10, 4\] in the base\).*--on-mismatch base keeps/,
    );
  });

  test.each([
    ['base', 1, 10],
    ['first', 2, 3],
  ] as const)('%s', async (onMismatch, value, labels) => {
    const { base, a } = await made();
    const { values, tensors, warnings, config } = await merged(asked(base, { a }, { onMismatch }));
    expect(values[HEADS]).toBe(value);
    expect(tensors.get(HEADS)?.shape).toEqual([labels, 4]);
    expect(config.num_labels).toBe(labels);
    expect(warnings.join('\n')).toContain('"score.weight" of a different length');
    expect(values[EMBEDDING]).toBe(2);
  });

  test('skip', async () => {
    const { base, a } = await made();
    const { values } = await merged(asked(base, { a }, { onMismatch: 'skip' }));
    expect(values).not.toHaveProperty(HEADS);
  });

  test('many are one line', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`extra.${i}.weight`, matrix(1)]));
    const base = await model({ ...body(1), ...many });
    const error = (await merge(asked(base, { a: await model(body(2)) })).catch((e: unknown) => e)) as Error;
    expect(error.message.split('\n')).toHaveLength(1);
    expect(error.message).toContain('40 tensors ("extra.0.weight"');
  });

  test('of DeepSpeed ZeRO-3 are refused whatever is asked for', async () => {
    const a = await model({ ...body(2), 'model.layers.0.mlp.up_proj.weight': f32([0], () => 0) });
    const base = await model(body(1));
    const wanted = /empty: "model.layers.0.mlp.up_proj.weight" is \[0\], the base has \[4, 4\].*ZeRO-3/;
    await expect(merge(asked(base, { a }, { onMismatch: 'base' }))).rejects.toThrow(wanted);
    await expect(quantize(recipe(path('.tvq'), { base, tasks: [{ name: 'a', path: a }] }))).rejects.toThrow(
      wanted,
    );
  });
});

describe('tensors of another length, in the size of the base', () => {
  const rows = { onMismatch: 'rows' } as const;
  const values = async (asking: MergeRecipe, tensor: string) => {
    const { output, warnings } = await merge(asking);
    const merged = (await tensorsOf(output)).get(tensor);
    return { output, warnings, shape: merged?.shape, values: [...valuesOf(merged as MadeTensor)] };
  };
  /** A model with an embedding of two columns whose values are the model's number and the row. */
  const embedded = (value: number, count: number, tokens?: readonly string[]): Promise<string> =>
    writeModelFolder(
      path(),
      { ...body(value), [EMBEDDING]: f32([count, 2], i => value + Math.floor(i / 2) / 16) },
      {
        'config.json': JSON.stringify({ vocab_size: count }),
        ...(tokens && {
          'tokenizer.json': JSON.stringify({
            model: { vocab: Object.fromEntries(tokens.map((token, number) => [token, number])) },
          }),
        }),
      },
    );

  test('rows in common are merged, what an input lacks has not changed in it', async () => {
    const [base, a, b] = [await embedded(1, 4), await embedded(2, 3), await embedded(5, 6)];
    const { output, warnings, ...found } = await values(asked(base, { a, b }, rows), EMBEDDING);
    // 1 + 1 + 4 in the rows that all have, 1 + 4 in the last one, which a lacks.
    const wanted = [6, 6, 6 + 1 / 16, 6 + 1 / 16, 6 + 2 / 16, 6 + 2 / 16, 5 + 3 / 16, 5 + 3 / 16];
    expect(found).toEqual({ shape: [4, 2], values: wanted });
    expect(warnings).toEqual([
      `input "a": tensor "${EMBEDDING}" of a different length ([3, 2], [4, 2] in the base), as when tokens or labels were added; cut, or filled up with what the base has, to its size`,
      `input "b": tensor "${EMBEDDING}" of a different length ([6, 2], [4, 2] in the base), as when tokens or labels were added; cut, or filled up with what the base has, to its size`,
      ...['a', 'b'].map(name => expect.stringMatching(`^input "${name}": .* vocab_size`) as string),
    ]);
    const card = await readFile(join(output, 'README.md'), 'utf8');
    expect(card.match(/not computed/g)).toHaveLength(2);
  });

  test('whole models, without a base: the first one gives the size', async () => {
    const [a, b] = [await embedded(2, 4), await embedded(4, 3)];
    const { shape, values: found } = await values(asked(undefined, { a, b }, rows), EMBEDDING);
    expect(shape).toEqual([4, 2]);
    expect(found).toEqual([3, 3, 3 + 1 / 16, 3 + 1 / 16, 3 + 2 / 16, 3 + 2 / 16, 2 + 3 / 16, 2 + 3 / 16]);
  });

  test('input channels of a convolution', async () => {
    const CONV = 'conv_in.weight';
    const unet = (value: number, channels: number) =>
      model({ ...body(value), [CONV]: f32([2, channels, 1, 2], i => value * (1 + i)) });
    const base = await unet(1, 3);
    const { shape, values: found } = await values(asked(base, { a: await unet(10, 2) }, rows), CONV);
    expect(shape).toEqual([2, 3, 1, 2]);
    expect(found).toEqual([10, 20, 30, 40, 5, 6, 50, 60, 70, 80, 11, 12]);
  });

  test('of another dtype', async () => {
    const a = await model({ ...body(2), [EMBEDDING]: u16('BF16', [3, 2], () => 0x4000) });
    const { values: found } = await values(asked(await embedded(1, 4), { a }, rows), EMBEDDING);
    expect(found).toEqual([2, 2, 2, 2, 2, 2, 1 + 3 / 16, 1 + 3 / 16]);
  });

  test('what lacks, or differs otherwise, is refused', async () => {
    const base = await model({ ...body(1), lonely: matrix(1), wide: matrix(1, [2, 2]) });
    const a = await model({ ...body(2), wide: matrix(1, [3, 3]) });
    const { message } = (await merge(asked(base, { a }, rows)).catch((e: unknown) => e)) as Error;
    expect(message.split('\n')).toEqual([
      expect.stringMatching(/^input "a" lacks tensor "lonely" of the base; --on-mismatch/),
      expect.stringMatching(/^input "a": tensor "wide" of a different shape \(\[3, 3\], \[2, 2\]/),
    ]);
  });

  test('in several layers is a model of another size', async () => {
    const layers = (width: number) =>
      [0, 1].flatMap(i =>
        ['a', 'b', 'c'].map(name => [`layers.${i}.${name}`, matrix(1, [name === 'a' ? width : 2, 2])]),
      );
    const [base, a] = [
      await model(Object.fromEntries(layers(2)) as Tensors),
      await model(Object.fromEntries(layers(3)) as Tensors),
    ];
    await expect(merge(asked(base, { a }, rows))).rejects.toThrow(
      /^input "a": 2 tensors \("layers.0.a", "layers.1.a"\) of a different length/,
    );
  });

  test('rows of other tokens are refused', async () => {
    const base = await embedded(1, 3, ['x', 'y', 'z']);
    const longer = await embedded(2, 4, ['x', 'y', 'z', 'new']);
    expect((await values(asked(base, { longer }, rows), EMBEDDING)).values).toHaveLength(6);
    const moved = await embedded(2, 4, ['x', 'new', 'y', 'z']);
    await expect(merge(asked(base, { moved }, rows))).rejects.toThrow(
      'input "moved": token "y" has another number in its tokenizer.json, or is not in both; rows of its embedding are of other tokens',
    );
  });
});

describe('models that are no family', () => {
  const layers = (count: number, width = 4) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `model.layers.${i}.mlp.up_proj.weight`,
        matrix(1, [width, width]),
      ]),
    );
  const experts = (split: boolean): Tensors =>
    split
      ? Object.fromEntries(
          [0, 1].map(i => [`model.layers.0.mlp.experts.${i}.up_proj.weight`, matrix(1, [8, 8])]),
        )
      : { 'model.layers.0.mlp.experts.gate_up_proj': matrix(1, [2, 8, 8]) };

  const attention = (...names: readonly string[]): Tensors => ({
    ...body(1),
    ...Object.fromEntries(names.map(name => [`model.layers.0.self_attn.${name}.weight`, matrix(1, [2, 2])])),
  });
  const at = (...names: readonly string[]): Tensors =>
    Object.fromEntries(names.map(name => [`model.layers.0.${name}`, matrix(1, [4, 4])]));
  const fusedAttention = 'its query, key and value are fused in one tensor, those of the base are split';

  test.each([
    ['fused attention', attention('q_proj', 'k_proj', 'v_proj'), attention('qkv_proj'), fusedAttention],
    [
      'split gates',
      { ...body(1), ...at('mlp.gate_up_proj.weight') },
      { ...body(1), ...at('mlp.gate_proj.weight', 'mlp.up_proj.weight') },
      'its gate and up projections are split, those of the base are fused',
    ],
    [
      'experts of DBRX',
      at('ffn.experts.0.w1.weight', 'ffn.experts.1.w1.weight'),
      at('ffn.experts.mlp.v1', 'ffn.experts.mlp.w1'),
      'its experts are stacked',
    ],
    [
      'experts of Granite',
      at('block_sparse_moe.input_linear.weight'),
      at('block_sparse_moe.experts.0.w1.weight', 'block_sparse_moe.experts.1.w1.weight'),
      'its experts are split',
    ],
    ['another number of layers', layers(4), layers(2), 'it has 2 layers in model.layers, the base has 4'],
    ['another width', layers(4, 4), layers(4, 8), 'it has a different width: 4 of the 4 tensors'],
    [
      'experts stacked',
      experts(true),
      { ...experts(false), w: matrix(1, [2, 2]) },
      'its experts are stacked',
    ],
    ['experts split', experts(false), experts(true), 'its experts are split'],
    [
      'hardly anything in common',
      layers(2),
      { ...body(1), other: matrix(1, [9, 9]) },
      'tensor names are in the base',
    ],
  ])('%s', async (_, base, tuned, wanted) => {
    const [original, a] = [await model(base), await model(tuned)];
    const merging = () => merge(asked(original, { a }));
    const quantizing = () =>
      quantize(recipe(path('.tvq'), { base: original, tasks: [{ name: 'a', path: a }] }));
    for (const run of [merging, quantizing]) {
      const error = (await run().catch((e: unknown) => e)) as Error;
      expect(error.message).toContain(wanted);
      expect(error.message.split('\n')).toHaveLength(1);
    }
  });
});

describe('prefixes', () => {
  const prefixed = (tensors: Tensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`_orig_mod.${name}`, tensor]));

  test('are left aside in merges, which is told', async () => {
    const { values, warnings } = await merged(
      asked(await model(body(1)), { a: await model(prefixed(body(3))) }),
    );
    expect(values).toEqual(Object.fromEntries(Object.keys(body(1)).map(name => [name, 3])));
    expect(warnings).toEqual(['input "a": its tensors are read without _orig_mod. in their names']);
  });

  test('are left aside in a .tvq file, and in the base that a task is restored with', async () => {
    const file = path('.tvq');
    const [base, a] = [await model(body(1)), await model(prefixed(body(3)))];
    const { warnings } = await quantize(recipe(file, { base, tasks: [{ name: 'a', path: a }] }));
    expect(warnings.join('\n')).toContain('_orig_mod.');
    const output = path();
    await restore(restoreRecipe(file, 'a', output, { base: await model(prefixed(body(1))) }));
    expect([...(await tensorsOf(output)).keys()].sort()).toEqual(Object.keys(body(1)).sort());
  });
});

describe('weights that are codes', () => {
  test('are refused by name, by merges and by quantizing', async () => {
    const codes = { ...body(1), 'q.weight': u16('I16', [4, 4], () => 1), 'q.weight_scale': matrix(1) };
    const [base, a] = [await model(codes), await model(codes)];
    const wanted = '8-bit with scales weights: tensor "q.weight" is I16 [4, 4]';
    await expect(merge(asked(base, { a }))).rejects.toThrow(wanted);
    await expect(quantize(recipe(path('.tvq'), { base, tasks: [{ name: 'a', path: a }] }))).rejects.toThrow(
      wanted,
    );
  });
});

test('the plan and the report say what becomes of every tensor', async () => {
  const extra = { 'h.0.attn.masked_bias': f32([], () => -Infinity), ids: i64([2], () => 1n) };
  const base = await model({ ...body(1), ...extra, lonely: matrix(1) });
  const wanted = asked(base, { a: await model({ ...body(2), ...extra }) }, { onMismatch: 'skip' });
  const fates = [
    { fate: 'merged', why: 'floats', tensors: 4, weights: 52 },
    { fate: 'copied', why: 'buffers, which a model computes itself', tensors: 1, weights: 1 },
    { fate: 'copied', why: 'integers', tensors: 1, weights: 2 },
    { fate: 'left out', why: 'not the same in all models (--on-mismatch skip)', tensors: 1, weights: 16 },
  ];
  const sorted = (list: readonly { why: string }[]) => [...list].sort((a, b) => (a.why < b.why ? -1 : 1));
  const plan = summarizeMerge(await planMerge(wanted, previewRoom(OPTIONS)));
  expect(sorted(plan.fates)).toMatchObject(sorted(fates));
  const { output } = await merge(wanted);
  const report = JSON.parse(await readFile(join(output, 'merge-report.json'), 'utf8')) as MergeReport;
  expect(sorted(report.fates)).toMatchObject(sorted(fates));
});
