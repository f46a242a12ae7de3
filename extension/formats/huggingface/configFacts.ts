/** The parts of a model's configuration that affect what it computes, in one form for all versions of transformers. */
import { configParts, type Config } from './configFile.ts';
import { isObject } from '../json/jsonText.ts';
import type { WeightsMetadata } from '../safetensors/weightsMetadata.ts';

/** A model, described by its small files. */
export interface DescribedModel {
  /** Its name in messages: `input "a"`. */
  readonly label: string;
  /** A JSON file of its folder, by its name there. */
  readonly config: (file: string) => Promise<Config | undefined>;
  /** From the header of its weight file. */
  readonly metadata: () => Promise<WeightsMetadata>;
}

/** By path of the key; null: explicitly none. */
export type Facts = ReadonlyMap<string, unknown>;

/** Keys of config.json, of transformers' models and of diffusers' parts; shapes are left out: weights have them. */
const COMPUTED = new RegExp(
  `^(${[
    'model_type|_class_name',
    'hidden_act(ivation)?|activation(_function)?|act_fn|dense_act_fn|feed_forward_proj|projector_hidden_act|mlp_hidden_act',
    '(rms_norm|layer_norm|layernorm|norm|group_norm|batch_norm)_(eps|epsilon)|layer_norm_epsilon|initializer_norm_eps',
    'num_attention_heads|num_key_value_heads|num_heads|num_kv_heads|n_head|n_heads|head_dim|attention_head_dim|multi_query',
    '(encoder|decoder)_attention_heads|new_decoder_architecture|parallel_attn|use_parallel_residual|parallel_residual',
    'vocab_size|tie_word_embeddings|tie_encoder_decoder',
    'layer_types|sliding_window_pattern|attention_chunk_size|no_rope_layers|attention_types|window_size|attention_window',
    '(final|attn|output|router)_logit_softcapping|logits_soft_cap|clip_qkv',
    '(embedding|residual|attention|logits?|lm_head|key|ssm_out)_(multiplier|scale|scaling)|scale_(emb|depth|embedding|attn_weights|attn_by_inverse_layer_idx)',
    'dim_model_base|query_pre_attn_scalar|emb_scale|embedding_scale|logit_scale(_init_value)?|routed_scaling_factor|scaling_factor|shift_factor',
    'num_experts_per_tok(en)?|norm_topk_prob|top_k_experts|moe_(top_)?k|scoring_func|topk_(group|method)|n_group|first_k_dense_replace',
    'decoder_sparse_step|moe_layer_freq|mlp_only_layers',
    'image_size|patch_size|temporal_patch_size|spatial_merge_size|num_channels|vision_feature_(layer|select_strategy)',
    'image_token_(id|index)|video_token_id|audio_token_(id|index)',
    'position_embedding_type|rotary_(pct|dim|emb_base)|partial_rotary_factor|rope_(local_base_freq|interleave|theta)|alibi|use_alibi',
    'max_position_embeddings|relative_attention_(num_buckets|max_distance)|position_buckets',
    'do_layer_norm_before|normalize_before|apply_residual_connection_post_layernorm|use_qk_norm|qk_layernorm',
    'prediction_type|time_embedding_type|flip_sin_to_cos|freq_shift|norm_num_groups|guidance_embeds|axes_dims_rope|resnet_time_scale_shift',
  ].join('|')})$`,
);
/** Kinds of keys that every family names differently; rope_scaling and rope_parameters are handled separately. */
const COMPUTED_KINDS =
  /^(?!rope_(scaling|parameters)$).*(rope|rotary)|(^|_)eps(ilon)?$|_limit$|scaling_factor$|^(is_)?(causal|decoder)$/;
const isComputed = (key: string): boolean => COMPUTED.test(key) || COMPUTED_KINDS.test(key);
/** Keys where null means none; elsewhere null means an unknown default. */
const NONE = /softcap|soft_cap|clip_qkv|^sliding_window$|^rope_scaling$/;

const SCHEDULER =
  /^(prediction_type|beta_(schedule|start|end)|num_train_timesteps|rescale_betas_zero_snr|shift)$/;
const PROCESSOR =
  /^(image_(mean|std)|do_(normalize|rescale)|rescale_factor|size|crop_size|(temporal_)?patch_size|merge_size|sampling_rate|feature_size|n_fft|hop_length|num_mel_bins)$/;

/** Other files beside the weights, with the keys that matter. */
const BESIDE: readonly (readonly [file: string, keys: RegExp])[] = [
  ['preprocessor_config.json', PROCESSOR],
  ['scheduler_config.json', SCHEDULER],
  ['../scheduler/scheduler_config.json', SCHEDULER],
  ['1_Pooling/config.json', /^pooling_mode|^include_prompt$/],
];

/** Metadata keys about the model in the header of a standalone file, by the ModelSpec and by kohya's trainers. */
const STATED =
  /^((modelspec\.)?prediction_type|modelspec\.(architecture|encoder_layer)|ss_base_model_version|ss_v2|ss_v_parameterization|ss_zero_terminal_snr)$/;

/** Everything that a model's small files say about its computation. */
export async function factsOf({ config, metadata }: DescribedModel): Promise<Facts> {
  const facts = new Map<string, unknown>();
  const root = await config('config.json');
  for (const [path, part] of root ? configParts(root) : []) {
    for (const [key, value] of partFacts(part)) facts.set([...path, key].join('.'), value);
  }
  for (const [file, keys] of BESIDE) {
    for (const [key, value] of Object.entries((await config(file)) ?? {}))
      if (keys.test(key) && value !== null) facts.set(`${key} (${file.replace('../', '')})`, value);
  }
  for (const [key, value] of Object.entries(await metadata())) {
    if (STATED.test(key)) facts.set(key, value.toLowerCase());
  }
  return facts;
}

function* partFacts(part: Config): Generator<[key: string, value: unknown]> {
  for (const [key, value] of Object.entries(part)) {
    if (isComputed(key) && (value !== null || NONE.test(key))) yield [key, canonical(value)];
  }
  if (part.use_sliding_window === false) yield ['sliding_window', null];
  else if (part.sliding_window !== undefined) yield ['sliding_window', part.sliding_window];
  yield* ropeFacts(part);
}

/** Names of one function in several versions. */
const SAME: Readonly<Record<string, string>> = { swish: 'silu', gelu_new: 'gelu_pytorch_tanh' };
const canonical = (value: unknown): unknown => (typeof value === 'string' ? (SAME[value] ?? value) : value);

/**
 * Rotary embeddings: transformers 5 has `rope_parameters` (by kind of layer, if they differ) instead of `rope_theta`,
 * `rope_local_base_freq` and `rope_scaling` of version 4.
 */
function* ropeFacts(part: Config): Generator<[key: string, value: unknown]> {
  const { rope_parameters: parameters, rope_scaling: scaling } = part;
  const kinds = isObject(parameters) ? parameters : {};
  const full = isObject(kinds.full_attention) ? kinds.full_attention : kinds;
  const { sliding_attention: sliding } = kinds;
  if (full.rope_theta !== undefined) yield ['rope_theta', full.rope_theta];
  if (full.partial_rotary_factor !== undefined) yield ['partial_rotary_factor', full.partial_rotary_factor];
  if (isObject(sliding) && sliding.rope_theta !== undefined)
    yield ['rope_local_base_freq', sliding.rope_theta];
  if (isObject(parameters)) yield ['rope_scaling', scaled(full)];
  // A model without the key has no scaling; one without attention does not need it.
  else if (scaling !== undefined || HEADS.some(key => part[key] !== undefined))
    yield ['rope_scaling', scaled(scaling)];
  if (isObject(sliding)) yield ['rope_scaling of sliding attention', scaled(sliding)];
}

const HEADS = ['num_attention_heads', 'n_head', 'n_heads', 'num_heads', 'rope_theta'];

/** How rotary embeddings are scaled, keys in order; null: not at all. */
function scaled(config: unknown): unknown {
  if (!isObject(config)) return null;
  const {
    rope_type: type = config.type,
    rope_theta: _,
    partial_rotary_factor: _p,
    type: _t,
    ...rest
  } = config;
  const kind = type === 'mrope' || type === undefined || type === null ? 'default' : type;
  const given = Object.entries(rest).filter(([, value]) => value !== null);
  if (kind === 'default' && !given.some(([key]) => key === 'mrope_section')) return null;
  return Object.fromEntries(
    [...given, ['rope_type', kind]].sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
  );
}
