/** Which tensors of a model are written in 8 bits with scales, and what stays as it was. */
import type { Layer } from '../../protocol/analysis.ts';
import { isQuantizable } from '../../formats/dtype.ts';
import { layersOf } from '../../formats/names/layers.ts';
import type { ModelTensor } from './form.ts';

/** Matrix units of GPUs take 8-bit floats in blocks of 16 rows and columns (torch._scaled_mm, vLLM). */
const BLOCK = 16;

/** Routers of mixtures of experts: they are small, and decide which weights count. */
const ROUTER =
  /(^|\.)(mlp|block_sparse_moe|feed_forward|mixer)\.(gate|router)(\.\w+)?\.weight$|(^|\.)router\./;
/** Tables that are looked up, not multiplied with. */
const TABLE = /embed|relative_attention_bias|position_bias/;
/** GPT-2's matrices, stored columns first (transformers' Conv1D). */
const CONV1D = /\.(c_attn|c_fc|c_proj|q_attn)\.weight$/;
/** What sees or hears for a language model. */
const TOWER = /(^|\.)(visual|vision_\w+|audio_\w+|multi_modal_projector|mm_projector)\./;

/** Why a tensor keeps the dtype that it has; undefined: it is written in 8 bits. */
function whyKept({ tensor, shape, dtype }: ModelTensor, layer: Layer | undefined): string | undefined {
  if (!isQuantizable(dtype)) return 'no floats';
  const [rows = 1, columns = 1] = shape;
  if (shape.length !== 2 || !tensor.endsWith('.weight')) return 'no matrices of linear layers';
  if (!layer) return 'outside the layers';
  if (ROUTER.test(tensor)) return 'routers';
  if (TABLE.test(tensor)) return 'tables';
  if (CONV1D.test(tensor)) return 'stored columns first';
  if (TOWER.test(tensor)) return 'of the encoder of images or sound';
  return rows % BLOCK === 0 && columns % BLOCK === 0
    ? undefined
    : `not a multiple of ${BLOCK} rows and columns`;
}

/** By tensor, why it is not written in 8 bits; undefined where it is. */
export function keptFromFloat8(tensors: readonly ModelTensor[]): (string | undefined)[] {
  const layers = layersOf(tensors.map(({ tensor }) => tensor));
  return tensors.map(one => whyKept(one, layers.get(one.tensor)));
}

/** A linear layer's module. */
export const moduleOfWeight = (tensor: string): string => tensor.replace(/\.weight$/, '');
