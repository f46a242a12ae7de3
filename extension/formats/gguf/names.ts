/**
 * llama.cpp's names of tensors as Hugging Face's, and what its converter did to their values
 * (llama.cpp: gguf-py/gguf/tensor_mapping.py, convert_hf_to_gguf.py).
 */

/** How the tensors of an architecture (`general.architecture`) come from a Hugging Face model's. */
export interface Architecture {
  /** Parts of a layer by llama.cpp's name, without `.weight` or `.bias`. */
  readonly layer: Readonly<Record<string, string>>;
  /** Parts that hold all experts of a layer, with `*` for an expert's number; none in most models. */
  readonly experts: Readonly<Record<string, string>>;
  /** Whether rows of queries and keys are interleaved for rotary positions (LlamaModel.permute). */
  readonly interleaves: boolean;
  /** Whether norms are stored with 1 added (GemmaModel.modify_tensors). */
  readonly addsOne: boolean;
}

const ATTENTION = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
};
const QK_NORMS = { attn_q_norm: 'self_attn.q_norm', attn_k_norm: 'self_attn.k_norm' };
const MLP = { ffn_gate: 'mlp.gate_proj', ffn_up: 'mlp.up_proj', ffn_down: 'mlp.down_proj' };
/** Norms before attention and MLP. */
const TWO_NORMS = { attn_norm: 'input_layernorm', ffn_norm: 'post_attention_layernorm' };
/** Before and after each. */
const FOUR_NORMS = {
  attn_norm: 'input_layernorm',
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'pre_feedforward_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
};

const plain = { experts: {}, interleaves: false, addsOne: false };
const gemma = { experts: {}, interleaves: false, addsOne: true };
const MIXTRAL = {
  ffn_gate_exps: 'block_sparse_moe.experts.*.w1',
  ffn_down_exps: 'block_sparse_moe.experts.*.w2',
  ffn_up_exps: 'block_sparse_moe.experts.*.w3',
};
const QWEN_EXPERTS = {
  ffn_gate_exps: 'mlp.experts.*.gate_proj',
  ffn_down_exps: 'mlp.experts.*.down_proj',
  ffn_up_exps: 'mlp.experts.*.up_proj',
};

/** Mistral's models have the architecture "llama", Mixtral's too. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  llama: {
    layer: { ...ATTENTION, ...MLP, ...TWO_NORMS, ffn_gate_inp: 'block_sparse_moe.gate' },
    experts: MIXTRAL,
    interleaves: true,
    addsOne: false,
  },
  qwen2: { layer: { ...ATTENTION, ...MLP, ...TWO_NORMS }, ...plain },
  qwen3: { layer: { ...ATTENTION, ...QK_NORMS, ...MLP, ...TWO_NORMS }, ...plain },
  qwen3moe: {
    layer: { ...ATTENTION, ...QK_NORMS, ...TWO_NORMS, ffn_gate_inp: 'mlp.gate' },
    ...plain,
    experts: QWEN_EXPERTS,
  },
  gemma: { layer: { ...ATTENTION, ...MLP, ...TWO_NORMS }, ...gemma },
  gemma2: { layer: { ...ATTENTION, ...MLP, ...FOUR_NORMS }, ...gemma },
  gemma3: { layer: { ...ATTENTION, ...QK_NORMS, ...MLP, ...FOUR_NORMS }, ...gemma },
};

/** undefined: its names are kept. */
export const architectureNamed = (name: string | undefined): Architecture | undefined =>
  name !== undefined && Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : undefined;

/** Outside the layers, for all of them. */
const OUTSIDE: Readonly<Record<string, string>> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
};
const LAYER = /^blk\.(\d+)\.(.+)$/;
const ENDING = /\.(weight|bias)$/;

/** A tensor's name in the Hugging Face model, with `*` for each expert; undefined: it is not in the table. */
export function huggingFaceName({ layer, experts }: Architecture, name: string): string | undefined {
  const ending = ENDING.exec(name)?.[0];
  if (ending === undefined) return undefined;
  const module = name.slice(0, -ending.length);
  const [, number, part] = LAYER.exec(module) ?? [];
  const [table, key] = part === undefined ? [OUTSIDE, module] : [{ ...layer, ...experts }, part];
  if (!Object.hasOwn(table, key)) return undefined;
  return `${number === undefined ? '' : `model.layers.${number}.`}${table[key]}${ending}`;
}

/** Where a tensor of the Hugging Face model is in the file. */
export interface GgufPlace {
  readonly name: string;
  /** Its number among the experts that are one tensor there; undefined: it is one by itself. */
  readonly expert: number | undefined;
}

const HF_LAYER = /^model\.layers\.(\d+)\.(.+)$/;
const HF_EXPERT = /\.experts\.(\d+)\./;

/** The inverse of `huggingFaceName`; undefined: the architecture has no such tensor. */
export function ggufPlace({ layer, experts }: Architecture, name: string): GgufPlace | undefined {
  const ending = ENDING.exec(name)?.[0];
  if (ending === undefined) return undefined;
  const module = name.slice(0, -ending.length);
  const [, number, part] = HF_LAYER.exec(module) ?? [];
  const expert = HF_EXPERT.exec(`${module}.`)?.[1];
  const table = part === undefined ? OUTSIDE : { ...layer, ...experts };
  const sought = (part ?? module).replace(HF_EXPERT, '.experts.*.');
  const [key] = Object.entries(table).find(([, named]) => named === sought) ?? [];
  if (key === undefined) return undefined;
  return {
    name: `${number === undefined ? '' : `blk.${number}.`}${key}${ending}`,
    expert: expert === undefined ? undefined : Number(expert),
  };
}

/** The layer's queries or keys, whose rows may be interleaved; undefined: neither. */
export function queriesOrKeys(name: string): { readonly layer: number; readonly keys: boolean } | undefined {
  const [, layer, part] = /^blk\.(\d+)\.attn_([qk])\.(?:weight|bias)$/.exec(name) ?? [];
  return layer === undefined ? undefined : { layer: Number(layer), keys: part === 'k' };
}

/** Whether a tensor is a norm's weights. */
export const isNorm = (name: string): boolean => /norm\.weight$/.test(name);

/** Rotary frequencies that the converter works out from a config's `rope_scaling`: no tensor of the model. */
export const isRopeFactors = (name: string): boolean =>
  /^rope_(freqs|factors_long|factors_short)\.weight$/.test(name);
