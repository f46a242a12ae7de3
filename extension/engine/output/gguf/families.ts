/** Which models are written as GGUF, and what their files say of them (llama.cpp: convert_hf_to_gguf.py). */
import type { GgufPair } from '../../../formats/gguf/writeHeader.ts';
import { CannotSay, type Facts } from './facts.ts';
import { ropeOf, type Rope } from './rope.ts';

interface Family {
  /** `general.architecture`. */
  readonly architecture: string;
  readonly activation: RegExp;
  /** Whether head and embedding are one tensor where a config says nothing. */
  readonly tied: boolean;
  /** What only these models have. */
  readonly more?: (config: Facts) => readonly [string, GgufPair][];
}

const u32 = (value: number): GgufPair => ({ type: 'u32', value });
const f32 = (value: number): GgufPair => ({ type: 'f32', value });

const SILU = /^(silu|swish)$/;
const GELU = /^gelu(_pytorch_tanh|_new)?$/;

const LLAMA: Family = { architecture: 'llama', activation: SILU, tied: false };
/** transformers 5 has one name for all. */
const experts = (config: Facts): [string, GgufPair][] => [
  ['expert_count', u32(config.number('num_local_experts', 'num_experts'))],
  ['expert_used_count', u32(config.number('num_experts_per_tok'))],
];
const softcaps = (config: Facts): [string, GgufPair][] =>
  ['attn_logit_softcapping', 'final_logit_softcapping'].flatMap(key => {
    const value = config.maybe(key);
    return value === undefined ? [] : [[key, f32(value)] as [string, GgufPair]];
  });
/**
 * Gemma's attention from its second version on, where llama.cpp knows more than it reads (llama-model.cpp): which layers
 * attend to whole texts, and how scores are scaled.
 * @param every of so many layers, the last one attends to whole texts
 * @param largest layers of the model whose scale is that of its width
 */
const gemmaPairs =
  (every: number, largest: number) =>
  (config: Facts): [string, GgufPair][] => {
    const types = config.config.layer_types;
    const isFull = (layer: number) => (layer + 1) % every === 0;
    const isOther =
      (Array.isArray(types) && types.some((type, i) => (type === 'full_attention') !== isFull(i))) ||
      (config.maybe('sliding_window_pattern') ?? every) !== every;
    if (isOther)
      throw new CannotSay(
        `only the last of every ${every} layers attends to whole texts in llama.cpp, others do here`,
      );
    const width = config.number('hidden_size') / config.number('num_attention_heads');
    const scale =
      config.number('num_hidden_layers') === largest ? width : (config.maybe('head_dim') ?? width);
    const found = config.maybe('query_pre_attn_scalar') ?? scale;
    if (found !== scale)
      throw new CannotSay(
        `config.json has query_pre_attn_scalar ${found}, ${scale} was expected, which llama.cpp computes with`,
      );
    return [...softcaps(config), ['attention.sliding_window', u32(config.number('sliding_window'))]];
  };

/** By `model_type`. */
const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['llama', LLAMA],
  ['mistral', LLAMA],
  ['mixtral', { ...LLAMA, more: config => experts(config) }],
  ['qwen2', { architecture: 'qwen2', activation: SILU, tied: false }],
  ['qwen3', { architecture: 'qwen3', activation: SILU, tied: false }],
  [
    'qwen3_moe',
    {
      architecture: 'qwen3moe',
      activation: SILU,
      tied: false,
      more: config => [
        ...experts(config),
        ['expert_feed_forward_length', u32(config.number('moe_intermediate_size'))],
      ],
    },
  ],
  ['gemma', { architecture: 'gemma', activation: GELU, tied: true }],
  [
    'gemma2',
    {
      architecture: 'gemma2',
      activation: GELU,
      tied: true,
      more: gemmaPairs(2, 46),
    },
  ],
  [
    'gemma3_text',
    {
      architecture: 'gemma3',
      activation: GELU,
      tied: true,
      more: gemmaPairs(6, 62),
    },
  ],
]);

export const FAMILY_NAMES: readonly string[] = [...FAMILIES.keys()];

export interface ModelFacts extends Pick<Family, 'architecture'> {
  readonly pairs: ReadonlyMap<string, GgufPair>;
  readonly ropeFactors: Rope['factors'];
  readonly tied: boolean;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
}

/** @throws CannotSay where the model is of another family, or computes what llama.cpp does not */
export function modelFacts(config: Facts): ModelFacts {
  const type = config.text('model_type');
  const family = FAMILIES.get(type ?? '');
  if (!family)
    throw new CannotSay(
      `models of type "${type ?? 'unknown'}" are not written as GGUF (${FAMILY_NAMES.join(', ')} are); write a folder, and convert that`,
    );
  const activation = config.text('hidden_activation', 'hidden_act') ?? 'silu';
  if (!family.activation.test(activation))
    throw new CannotSay(
      `its activation is "${activation}", which llama.cpp does not compute for this family`,
    );
  if ((config.maybe('partial_rotary_factor') ?? 1) !== 1)
    throw new CannotSay(
      'only a part of its heads is rotated, which llama.cpp does not compute for this family',
    );
  const [layers, hidden] = [config.number('num_hidden_layers'), config.number('hidden_size')];
  const heads = config.number('num_attention_heads');
  const keyHeads = config.maybe('num_key_value_heads') ?? heads;
  const dimensions = config.maybe('head_dim') ?? hidden / heads;
  const rope = ropeOf(config, dimensions);
  const pairs: [string, GgufPair][] = [
    ['context_length', u32(config.number('max_position_embeddings'))],
    ['embedding_length', u32(hidden)],
    ['block_count', u32(layers)],
    ['feed_forward_length', u32(config.number('intermediate_size'))],
    ['attention.head_count', u32(heads)],
    ['attention.head_count_kv', u32(keyHeads)],
    ['attention.key_length', u32(dimensions)],
    ['attention.value_length', u32(dimensions)],
    ['attention.layer_norm_rms_epsilon', f32(config.number('rms_norm_eps'))],
    ...rope.pairs,
    ...(family.more?.(config) ?? []),
  ];
  return {
    architecture: family.architecture,
    pairs: new Map(pairs.map(([key, pair]) => [`${family.architecture}.${key}`, pair])),
    ropeFactors: rope.factors,
    tied: config.flag('tie_word_embeddings') ?? family.tied,
    ...{ layers, heads, keyHeads },
  };
}
