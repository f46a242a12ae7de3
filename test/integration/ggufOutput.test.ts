/** Models written as GGUF: read back as the Hugging Face model, with what llama.cpp asks of the metadata. */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import type { MergeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, fixture, noise, writeModelFolder, type MadeTensor } from '../checkpoints.ts';
import {
  leftovers,
  LLAMA_TASKS,
  merge,
  mergeRecipe,
  quantize,
  recipe,
  restore,
  restoreRecipe,
} from '../engine.ts';
import { readGguf } from '../ggufFile.ts';
import { sourceValues } from '../sourceBytes.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
let made = 0;
const output = (ending = '') => join(folder, `out-${made++}${ending}`);

/** The splits of Llama 3. */
const LLAMA3 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
const TOKENIZER = {
  added_tokens: [
    { id: 29, content: '<|begin|>', special: true },
    { id: 30, content: 'my\u2581tool', special: false },
  ],
  normalizer: null,
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: LLAMA3 }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    ],
  },
  post_processor: {
    type: 'Sequence',
    processors: [
      { type: 'ByteLevel' },
      {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<|begin|>' } }, { Sequence: { id: 'A' } }],
      },
    ],
  },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries([...letters, 'ab', 'abc', '\u0120a'].map((token, id) => [token, id])),
    merges: [['a', 'b'], 'ab c', ['\u0120', 'a']],
  },
};
const SETTINGS = {
  bos_token: { content: '<|begin|>' },
  chat_template: [
    { name: 'tools', template: 'not this' },
    { name: 'default', template: '{{ messages }}' },
  ],
};
const tokenizerFiles = (tokenizer: object = TOKENIZER) => ({
  'tokenizer.json': JSON.stringify(tokenizer),
  'tokenizer_config.json': JSON.stringify(SETTINGS),
});

/** The llama fixture's base with a tokenizer, and changes of its config. */
async function base(
  config: object = {},
  files: Readonly<Record<string, string>> = tokenizerFiles(),
): Promise<string> {
  const path = output();
  await cp(fixture('llama/base'), path, { recursive: true });
  const own = JSON.parse(await readFile(join(path, 'config.json'), 'utf8')) as object;
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...own, ...config }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}
const inputs = LLAMA_TASKS.map(task => ({ ...task, task: undefined }));
const asked = async (path: string, changes: Partial<MergeRecipe> = {}): Promise<MergeRecipe> =>
  mergeRecipe(path, 'ties', inputs, { base: await base(), ...changes });

const valuesIn = async (path: string) => {
  const { tensors } = await openCheckpoint(path);
  return new Map(
    await Promise.all(
      [...tensors].map(async ([name, source]) => [name, await sourceValues(source)] as const),
    ),
  );
};
const inGguf = async (path: string) => readGguf(await readFile(path));

test.each(['F32', 'F16', 'BF16'] as const)('%s has the values of the folder', async dtype => {
  const { output: path, files, bytes, types } = await merge(await asked(output('.gguf'), { dtype }));
  const whole = await merge(await asked(output(), { dtype: 'F32' }));
  const [read, expected] = [await valuesIn(path), await valuesIn(whole.output)];
  expect([...read.keys()].sort()).toEqual([...expected.keys()].sort());
  const bound = { F32: 0, F16: 2 ** -11, BF16: 2 ** -8 }[dtype];
  for (const [name, values] of expected) {
    const most = /norm/.test(name) ? 0 : bound;
    for (const [i, value] of values.entries())
      // Below the normal floats of 16 bits, steps are 2 ** -24.
      expect(Math.abs(read.get(name)![i]! - value), name).toBeLessThanOrEqual(
        most === 0 ? 0 : Math.max(most * Math.abs(value), 2 ** -25),
      );
  }
  expect(types.map(({ type, why }) => [type, why])).toEqual(
    dtype === 'F32'
      ? [['F32', null]]
      : [
          [dtype, null],
          ['F32', 'of one dimension'],
        ],
  );
  expect([files.length, (await readFile(path)).length]).toEqual([1, bytes]);
});

test('Q8_0: matrices in blocks, within half a step', async () => {
  const { output: path, types } = await merge(await asked(output('.gguf'), { dtype: 'Q8_0' }));
  const whole = await merge(await asked(output(), { dtype: 'F32' }));
  expect(types[0]).toMatchObject({ type: 'Q8_0', tensors: 16, why: null });
  const read = await valuesIn(path);
  for (const [name, values] of await valuesIn(whole.output)) {
    const found = read.get(name)!;
    for (let block = 0; block < values.length; block += 32) {
      const most = Math.max(...values.slice(block, block + 32).map(Math.abs));
      // Half a code, and the scale's rounding to float16.
      const bound = /norm/.test(name) ? 0 : (most / 127) * 0.5 + most * 2 ** -11;
      for (let i = block; i < block + 32; i++)
        expect(Math.abs(found[i]! - values[i]!), `${name} ${i}`).toBeLessThanOrEqual(bound * (1 + 1e-6));
    }
  }
});

test('says what llama.cpp asks for', async () => {
  const { output: path } = await merge(await asked(output('.gguf'), { dtype: 'F16' }));
  const { metadata, tensors } = await inGguf(path);
  expect(Object.fromEntries(metadata)).toMatchObject({
    'general.architecture': 'llama',
    'general.file_type': 1,
    'general.quantization_version': 2,
    'llama.context_length': 64,
    'llama.embedding_length': 32,
    'llama.block_count': 2,
    'llama.feed_forward_length': 64,
    'llama.attention.head_count': 4,
    'llama.attention.head_count_kv': 2,
    'llama.attention.layer_norm_rms_epsilon': Math.fround(1e-6),
    'llama.rope.freq_base': 10000,
    'llama.rope.dimension_count': 8,
    'llama.vocab_size': 96,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'llama-bpe',
    'tokenizer.ggml.merges': ['a b', 'ab c', '\u0120 a'],
    'tokenizer.ggml.bos_token_id': 29,
    // config.json's, as the tokenizer has none
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.add_bos_token': true,
    'tokenizer.ggml.add_eos_token': false,
    'tokenizer.chat_template': '{{ messages }}',
    'tvq.merge_method': 'ties',
  });
  const tokens = metadata.get('tokenizer.ggml.tokens') as string[];
  expect([tokens.length, ...tokens.slice(25, 33)]).toEqual([
    96,
    'z',
    'ab',
    'abc',
    '\u0120a',
    '<|begin|>',
    'my tool',
    '[PAD31]',
    '[PAD32]',
  ]);
  const types = metadata.get('tokenizer.ggml.token_type') as number[];
  expect([types.length, ...types.slice(28, 32)]).toEqual([96, 1, 3, 4, 5]);
  for (const [name, { offset }] of tensors) expect(offset % 32, name).toBe(0);
  expect(tensors.get('blk.1.ffn_down.weight')).toMatchObject({ shape: [32, 64], type: 1 });
});

test("Llama 3's rotary factors are a tensor", async () => {
  const scaling = {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  };
  const own = await base({ rope_parameters: undefined, rope_theta: 500_000, rope_scaling: scaling });
  const { output: path } = await merge(await asked(output('.gguf'), { base: own, dtype: 'F32' }));
  const { tensors } = await inGguf(path);
  const { offset, shape } = tensors.get('rope_freqs.weight')!;
  const bytes = (await readFile(path)).subarray(offset, offset + 16);
  // Wavelengths 2π·500000^(i/4): 6.28 is below 64/4, 167 and more are above 64.
  expect([shape, ...new Float32Array(Uint8Array.from(bytes).buffer)]).toEqual([[4], 1, 8, 8, 8]);
  expect((await valuesIn(path)).size).toBe(21);
});

test('a tied head is left out', async () => {
  const own = await base({ tie_word_embeddings: true });
  const path = output('.gguf');
  const one = [{ name: 'same', path: own, task: undefined }];
  await rm(join(own, 'model.safetensors.index.json'));
  for (const i of [1, 2, 3, 4]) await rm(join(own, `model-0000${i}-of-00004.safetensors`));
  const { tensors } = await openCheckpoint(fixture('llama/base'));
  const values = async (name: string): Promise<MadeTensor> => {
    const found = await sourceValues(tensors.get(name)!);
    return f32(tensors.get(name)!.shape, i => found[i]!);
  };
  const all = await Promise.all([...tensors.keys()].map(async name => [name, await values(name)] as const));
  const tied = Object.fromEntries(all);
  tied['lm_head.weight'] = tied['model.embed_tokens.weight']!;
  await writeModelFolder(own, tied);
  await merge(mergeRecipe(path, 'linear', one));
  expect([...(await inGguf(path)).tensors.keys()]).not.toContain('output.weight');
});

/** A model of a family with one layer of such tensors. */
async function family(
  config: object,
  layer: Readonly<Record<string, readonly number[]>>,
  more: Record<string, readonly number[]> = {},
) {
  const random = noise(11);
  const shapes = {
    'model.embed_tokens.weight': [48, 32],
    'model.norm.weight': [32],
    ...Object.fromEntries(Object.entries(layer).map(([name, shape]) => [`model.layers.0.${name}`, shape])),
    ...more,
  };
  const tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, f32(shape, random)] as const),
  );
  const facts = {
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-6,
    ...config,
  };
  return writeModelFolder(output(), tensors, { 'config.json': JSON.stringify(facts), ...tokenizerFiles() });
}
const ATTENTION = {
  'self_attn.q_proj.weight': [32, 32],
  'self_attn.k_proj.weight': [16, 32],
  'self_attn.v_proj.weight': [16, 32],
  'self_attn.o_proj.weight': [32, 32],
  'input_layernorm.weight': [32],
  'post_attention_layernorm.weight': [32],
};
const MLP = {
  'mlp.gate_proj.weight': [64, 32],
  'mlp.up_proj.weight': [64, 32],
  'mlp.down_proj.weight': [32, 64],
};
const BIASES = {
  'self_attn.q_proj.bias': [32],
  'self_attn.k_proj.bias': [16],
  'self_attn.v_proj.bias': [16],
};
const NORMS = { 'self_attn.q_norm.weight': [8], 'self_attn.k_norm.weight': [8] };
const FOUR = { 'pre_feedforward_layernorm.weight': [32], 'post_feedforward_layernorm.weight': [32] };
const experts = (module: string, [gate, up, down]: readonly [string, string, string]) =>
  Object.fromEntries(
    [0, 1, 2].flatMap(i => [
      [`${module}.experts.${i}.${gate}.weight`, [64, 32]],
      [`${module}.experts.${i}.${up}.weight`, [64, 32]],
      [`${module}.experts.${i}.${down}.weight`, [32, 64]],
    ]),
  ) as Record<string, number[]>;
const MIXTRAL = { model_type: 'mixtral', num_local_experts: 3, num_experts_per_tok: 2 };
const QWEN3_MOE = {
  model_type: 'qwen3_moe',
  num_experts: 3,
  num_experts_per_tok: 2,
  moe_intermediate_size: 64,
};
const GEMMA = { hidden_activation: 'gelu_pytorch_tanh', sliding_window: 16 };

test.each([
  ['llama', { model_type: 'llama', attention_bias: true }, { ...ATTENTION, ...MLP, ...BIASES }],
  ['llama', { model_type: 'mistral', sliding_window: null }, { ...ATTENTION, ...MLP }],
  [
    'llama',
    MIXTRAL,
    {
      ...ATTENTION,
      'block_sparse_moe.gate.weight': [3, 32],
      ...experts('block_sparse_moe', ['w1', 'w3', 'w2']),
    },
  ],
  ['qwen2', { model_type: 'qwen2' }, { ...ATTENTION, ...MLP, ...BIASES }],
  ['qwen3', { model_type: 'qwen3', head_dim: 8 }, { ...ATTENTION, ...MLP, ...NORMS }],
  [
    'qwen3moe',
    QWEN3_MOE,
    {
      ...ATTENTION,
      ...NORMS,
      'mlp.gate.weight': [3, 32],
      ...experts('mlp', ['gate_proj', 'up_proj', 'down_proj']),
    },
  ],
  ['gemma', { model_type: 'gemma', ...GEMMA }, { ...ATTENTION, ...MLP }],
  [
    'gemma2',
    { model_type: 'gemma2', ...GEMMA, final_logit_softcapping: 30 },
    { ...ATTENTION, ...MLP, ...FOUR },
  ],
  ['gemma3', { model_type: 'gemma3_text', ...GEMMA }, { ...ATTENTION, ...MLP, ...NORMS, ...FOUR }],
])('%s, %o', async (architecture, config, layer) => {
  const path = await family(config, layer);
  const one = [{ name: 'one', path, task: undefined }];
  const { output: file } = await merge(mergeRecipe(output('.gguf'), 'linear', one, { dtype: 'F32' }));
  const { metadata } = await inGguf(file);
  expect(metadata.get('general.architecture')).toBe(architecture);
  expect(metadata.get(`${architecture}.attention.key_length`)).toBe(8);
  const [read, expected] = [await valuesIn(file), await valuesIn(path)];
  expect([...read.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, values] of expected)
    for (const [i, value] of values.entries())
      // 1 is added to gemma's norms, and taken away: rounded twice.
      expect(Math.abs(read.get(name)![i]! - value), name).toBeLessThanOrEqual(
        /^gemma/.test(architecture) ? 2 ** -23 : 0,
      );
});

test('the same bytes with two threads and on the GPU backend', async () => {
  const path = output('.gguf');
  const whole = await readFile((await merge(await asked(path, { dtype: 'Q8_0' }))).output);
  for (const options of [{ threads: 2 }, { backend: 'webgpu' }] as const) {
    await merge(await asked(path, { dtype: 'Q8_0', overwrite: true }), options);
    expect((await readFile(path)).equals(whole), JSON.stringify(options)).toBe(true);
  }
});

test("a task is restored so, with the base's tokenizer", async () => {
  const file = join(folder, 'llama.tvq');
  const own = await base();
  await quantize(recipe(file, { base: own }));
  const [plain, gguf] = [output(), output('.gguf')];
  await restore(restoreRecipe(file, 'math', plain, { base: own, dtype: 'F32' }));
  await restore(restoreRecipe(file, 'math', gguf, { base: own, dtype: 'F32' }));
  expect(await valuesIn(gguf)).toEqual(await valuesIn(plain));
  expect((await inGguf(gguf)).metadata.get('tokenizer.ggml.pre')).toBe('llama-bpe');
});

test.each([
  [
    'a family',
    { model_type: 'phi3' },
    undefined,
    /models of type "phi3" are not written as GGUF \(llama, .*; write a folder/,
  ],
  [
    'positions',
    { rope_parameters: { rope_theta: 1, rope_type: 'longrope' } },
    undefined,
    /scales rotary positions by "longrope"/,
  ],
  ['an activation', { hidden_act: 'relu' }, undefined, /its activation is "relu"/],
  ['layers', { num_hidden_layers: 3 }, undefined, /the model has 2 layers, config\.json says 3/],
  ['no tokenizer', {}, {}, /has neither tokenizer\.json nor tokenizer\.model/],
  [
    'splits',
    {},
    tokenizerFiles({ ...TOKENIZER, pre_tokenizer: { type: 'Whitespace' } }),
    /tokenizer\.json splits texts at "Whitespace", for which no name is known/,
  ],
  [
    'a tokenizer of pieces without scores',
    {},
    tokenizerFiles({ ...TOKENIZER, model: { ...TOKENIZER.model, byte_fallback: true } }),
    /a converted SentencePiece model, which lacks its scores/,
  ],
  [
    'tokens without rows',
    {},
    tokenizerFiles({ ...TOKENIZER, added_tokens: [{ id: 96, content: 'x', special: true }] }),
    /its tokenizer has 97 tokens, its embedding 96 rows/,
  ],
])(
  '%s that llama.cpp does not have is refused, and nothing is written',
  async (_, config, files, message) => {
    const path = output('.gguf');
    await expect(merge(await asked(path, { base: await base(config, files) }))).rejects.toThrow(message);
    await expect(readFile(path)).rejects.toThrow(/ENOENT/);
    expect(await leftovers(path)).toEqual([]);
  },
);

test.each([
  [{ query_pre_attn_scalar: 16 }, /query_pre_attn_scalar 16, 8 was expected/],
  [{ layer_types: ['full_attention'] }, /only the last of every 2 layers attends to whole texts/],
])('an attention of gemma that llama.cpp does not compute is refused: %o', async (config, message) => {
  const path = await family({ model_type: 'gemma2', ...GEMMA, ...config }, { ...ATTENTION, ...MLP, ...FOUR });
  const one = [{ name: 'one', path, task: undefined }];
  await expect(merge(mergeRecipe(output('.gguf'), 'linear', one))).rejects.toThrow(message);
});

test('a tensor without a place is named', async () => {
  const path = await family(
    { model_type: 'llama' },
    { ...ATTENTION, ...MLP, 'self_attn.extra.weight': [3, 3] },
  );
  const one = [{ name: 'one', path, task: undefined }];
  await expect(merge(mergeRecipe(output('.gguf'), 'linear', one))).rejects.toThrow(
    /tensor "model\.layers\.0\.self_attn\.extra\.weight" has no place in a GGUF file of type "llama"/,
  );
  await expect(merge(mergeRecipe(output('.gguf'), 'linear', one, { dtype: 'F8_E4M3' }))).rejects.toThrow(
    /a \.gguf file does not hold F8_E4M3, but F32, F16, BF16, Q8_0/,
  );
});

test('an existing file is replaced only when asked, and only if it is one of ours', async () => {
  const path = output('.gguf');
  await writeFile(path, 'mine');
  await expect(merge(await asked(path))).rejects.toThrow(/already exists/);
  expect(await readFile(path, 'utf8')).toBe('mine');
  await merge(await asked(path, { overwrite: true }));
  expect((await inGguf(path)).tensors.size).toBe(21);
});
