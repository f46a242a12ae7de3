/** Tensors that a model computes itself and that some versions of a library save: fine-tuning does not affect them. */

import { statisticOf } from './runningStatistics.ts';

/** By library, what its modules register as buffers under these names. */
const BUFFERS: readonly RegExp[] = [
  // rotary positions (Llama-like models, older transformers), also as cached sines
  /(^|\.)rotary_emb\.(inv_freq|original_inv_freq|cos_cached|sin_cached)$/,
  /(^|\.)(rotary_pos_emb|rope|rotary)\.(inv_freq|freqs|freqs_cis)$/,
  /(^|\.)(freqs_cis|alibi)$/,
  // causal masks (GPT-2, GPT-Neo, GPT-J, GPT-NeoX, CodeGen) and their fill values
  /(^|\.)(attn|attention)(\.attention)?\.masked_bias$/,
  /(^|\.)((attn|attention|causal)_mask|mask|tril|causal_bias)$/,
  // positions (BERT-like models, CLIP, ViT) and all-zero token types
  /(^|\.)(position_ids|token_type_ids)$/,
  /(^|\.)relative_position_index$/,
  /(^|\.)relative_coords_table$/,
  /(^|\.)embed_positions\.(weights|_float_tensor)$/,
];

/** GPT-2's causal mask is named like a bias; a real bias has one dimension. */
const MASK = /(^|\.)(attn|attention)(\.attention)?\.bias$/;

/** Whether a tensor is counted rather than learned, as BatchNorm counts its batches. */
export const isCounter = (name: string): boolean => statisticOf(name) === 'count';

/** Whether a tensor is a buffer, by its name and the number of its dimensions. */
export const isBuffer = (name: string, shape: readonly number[]): boolean =>
  isCounter(name) || BUFFERS.some(pattern => pattern.test(name)) || (MASK.test(name) && shape.length === 4);

/** An integer tensor with more bytes than this is not just a count or a list of positions. */
export const LARGE_INTEGERS = 64 << 10;
