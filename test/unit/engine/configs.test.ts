import { describe, expect, test } from 'vitest';
import { configDifferences } from '../../../extension/formats/huggingface/configDifferences.ts';
import { parseConfig, type Config } from '../../../extension/formats/huggingface/configFile.ts';
import { fittedConfig } from '../../../extension/engine/merge/output/configFit.ts';
import { editConfig } from '../../../extension/engine/merge/output/config.ts';

const described = (label: string, files: Readonly<Record<string, Config>>, metadata = {}) => ({
  label,
  config: (file: string) => Promise.resolve(files[file]),
  metadata: () => Promise.resolve(metadata),
});
const differences = async (here: Config, there: Config, file = 'config.json') => {
  const found = await configDifferences(described('the base', { [file]: there }), [
    described('input "a"', { [file]: here }),
  ]);
  return found.map(({ message }) => message).join('\n');
};

describe('differences', () => {
  test.each<[string, Config, Config]>([
    ['rope_theta is 1000000 here, 10000 in the base', { rope_theta: 1e6 }, { rope_theta: 10000 }],
    ['rope_theta is 1000000 here', { rope_parameters: { rope_theta: 1e6 } }, { rope_theta: 10000 }],
    [
      'rope_scaling is {"factor":2,"rope_type":"linear"} here, none in',
      { rope_scaling: { type: 'linear', factor: 2 } },
      { rope_theta: 1 },
    ],
    ['rms_norm_eps is 0.00001 here, 0.000001 in the base', { rms_norm_eps: 1e-5 }, { rms_norm_eps: 1e-6 }],
    [
      'text_config.hidden_act is "gelu" here',
      { text_config: { hidden_act: 'gelu' } },
      { text_config: { hidden_act: 'silu' } },
    ],
    ['sliding_window is 4096 here, none in the base', { sliding_window: 4096 }, { sliding_window: null }],
    [
      'final_logit_softcapping is none here, 30',
      { final_logit_softcapping: null },
      { final_logit_softcapping: 30 },
    ],
    [
      'decoder.num_attention_heads is 4 here',
      { decoder: { num_attention_heads: 4 } },
      { decoder: { num_attention_heads: 8 } },
    ],
    [
      'rope_scaling is none here',
      { num_attention_heads: 8 },
      { rope_scaling: { rope_type: 'yarn', factor: 4 }, num_attention_heads: 8 },
    ],
    [
      'rope_scaling of sliding attention is {"factor":8,"rope_type":"linear"} here, none',
      { rope_parameters: { sliding_attention: { rope_type: 'linear', factor: 8 } } },
      { rope_parameters: { sliding_attention: { rope_type: 'default' } } },
    ],
    ...[
      'global_rope_theta',
      'rotary_base',
      'rope_ratio',
      'swiglu_limit',
      'moe_routed_scaling_factor',
      'epsilon',
    ].map((key): [string, Config, Config] => [`${key} is 2 here, 1 in the base`, { [key]: 2 }, { [key]: 1 }]),
    ['is_causal is true here, false', { is_causal: true }, { is_causal: false }],
    ['rms_norm_eps is "NaN" here', parseConfig('{"rms_norm_eps": NaN}') as Config, { rms_norm_eps: 1 }],
    [
      'tie_word_embeddings is true here, false',
      { tie_word_embeddings: true },
      { tie_word_embeddings: false },
    ],
  ])('%s', async (expected, here, there) => {
    expect(await differences(here, there)).toContain(expected);
  });

  test.each<[string, Config, Config]>([
    [
      'versions of transformers',
      { rope_theta: 1e4, rope_scaling: null },
      { rope_parameters: { rope_theta: 10000, rope_type: 'default' } },
    ],
    ['names of one function', { hidden_act: 'swish' }, { hidden_act: 'silu' }],
    [
      'a window that is not used',
      { use_sliding_window: false, sliding_window: 32768 },
      { sliding_window: null },
    ],
    ['how weights are stored', { quantization_config: { quant_method: 'gptq', bits: 4 } }, {}],
    ['a key that one lacks', { rms_norm_eps: 1e-5, head_dim: null }, { head_dim: 8, vocab_size: 3 }],
    [
      'dropout, dtype, context and tokens',
      { attention_dropout: 0.1, dtype: 'a', max_position_embeddings: 8, eos_token_id: 1 },
      { attention_dropout: 0, dtype: 'b', max_position_embeddings: 9, eos_token_id: 2 },
    ],
  ])('none of %s', async (_, here, there) => {
    expect(await differences(here, there)).toBe('');
  });

  test('of a preprocessor, a scheduler, and what a lone file states', async () => {
    expect(
      await differences({ image_mean: [0.5] }, { image_mean: [0.48] }, 'preprocessor_config.json'),
    ).toContain('image_mean (preprocessor_config.json) is [0.5] here, [0.48]');
    const scheduler = '../scheduler/scheduler_config.json';
    expect(await differences({ prediction_type: 'v' }, { prediction_type: 'epsilon' }, scheduler)).toContain(
      '"v" here',
    );
    const [one] = await configDifferences(described('the base', {}, { ss_base_model_version: 'sdxl' }), [
      described('input "a"', {}, { ss_base_model_version: 'sd_v1' }),
      described('input "b"', {}, {}),
    ]);
    expect(one?.message).toContain('input "a": its configuration differs');
  });
});

describe('a config is made to fit', () => {
  const tensor = (name: string, shape: readonly number[]) =>
    ({ name, dtype: 'F32', shape, bytes: 4 }) as const;
  const embedding = 'model.embed_tokens.weight';
  const donor = (rows: number, ...more: readonly (readonly [string, readonly number[]])[]) =>
    new Map([[embedding, [rows, 8]] as const, ...more].map(([name, shape]) => [name, { shape }]));

  test('resized embeddings, in whichever part states them; numbers of Python stay', () => {
    const text = '{"limit": Infinity, "theta": 10000.0, "text_config": {"vocab_size": 40, "layers": [40]}}';
    const { text: fitted, notes } = fittedConfig(text, {
      tensors: [tensor(embedding, [44, 8])],
      donor: donor(40),
    });
    expect(fitted).toBe(text.replace('"vocab_size": 40', '"vocab_size": 44'));
    expect(notes).toEqual([expect.stringContaining('set to 44')]);
  });

  test('a head that came, or went', () => {
    const tensors = [tensor(embedding, [40, 8]), tensor('lm_head.weight', [40, 8])];
    const tied = '{\n  "vocab_size": 40,\n  "tie_word_embeddings": true\n}';
    expect(fittedConfig(tied, { tensors, donor: donor(40) }).text).toBe(tied.replace('true', 'false'));
    const unsaid = '{\n  "vocab_size": 40\n}';
    const gone = { tensors: tensors.slice(0, 1), donor: donor(40, ['lm_head.weight', [40, 8]]) };
    expect(fittedConfig(unsaid, gone).text).toBe('{\n  "tie_word_embeddings": true,\n  "vocab_size": 40\n}');
    const asked = { tensors, settings: { tie_word_embeddings: false } };
    expect(fittedConfig(tied, asked).text).toBe(tied.replace('true', 'false'));
  });

  test('labels of another classifier, layers, and what cannot be set', () => {
    const head = 'classifier.weight';
    const text = '{"id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1}, "num_hidden_layers": 2}';
    const layer = (n: number, width: number) => [`h.${n}.w.weight`, [width, width]] as const;
    const weights = {
      tensors: [tensor(head, [3, 8]), tensor('h.0.w.weight', [9, 9])],
      donor: donor(40, [head, [2, 8]], layer(0, 8), layer(1, 8)),
    };
    const { text: fitted, notes } = fittedConfig(text, weights);
    expect(JSON.parse(fitted as string)).toEqual({
      id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' },
      label2id: { LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 },
      num_hidden_layers: 1,
    });
    expect(notes).toHaveLength(3);
    expect(notes[2]).toContain('tensor "h.0.w.weight" has shape [8, 8], here it has [9, 9]');
  });

  test.each([
    ['{"quantization_config": {"bits": 4}, "x": 1}', '{"x": 1}'],
    ['{"x": 1, "quantization_config": {"bits": 4}}', '{"x": 1}'],
    ['{"x": 1.0,\n "quantization_config": {"a": [1]},\n "y": 2}', '{"x": 1.0,\n "y": 2}'],
    ['{"quantization_config": 1, "compression_config": {"quantization_config": 2}}', '{}'],
    ['{"text_config": {"quantization_config": {}, "y": 2}}', '{"text_config": {"y": 2}}'],
  ])('what it says of quantized weights goes: %s', (text, expected) => {
    const { text: fitted, notes } = fittedConfig(text, { tensors: [] });
    expect(fitted).toBe(expected);
    expect(notes.join()).toContain('quantization_config is left out, the weights are not quantized');
    expect(parseConfig(fitted!)).toBeDefined();
  });

  test('what fits stays to the byte', () => {
    const text = '{"vocab_size":40,"x":[1.0,{"vocab_size":3}]}';
    expect(fittedConfig(text, { tensors: [tensor(embedding, [40, 8])], donor: donor(40) })).toEqual({
      text,
      notes: [],
    });
    expect(editConfig('{}', undefined, [{ path: ['a'], value: 1 }])).toBe('{"a": 1}');
  });
});
