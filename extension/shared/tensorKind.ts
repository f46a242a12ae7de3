import type { TensorKind } from '../protocol/tvq.ts';

/** Patterns over tensor names of transformers, OpenCLIP, timm and Stable Diffusion; the first match wins. */
const PATTERNS: readonly (readonly [TensorKind, RegExp])[] = [
  [
    'norm',
    /(^|[._])(ln|bn|norm|[a-z]*layer_?norm|rms_?norm)(_?[a-z0-9]*)\.(weight|bias)$|norm\d*\.(weight|bias)$/i,
  ],
  ['bias', /(^|[._])bias$/i],
  ['embedding', /embed|(^|\.)(wte|wpe|pos|cls|shared)(\.|$)|_token$|class_token|logit_scale/i],
  [
    'attention',
    /attn|attention|(^|[._])(qkv|[qkvo]_?proj|in_proj|out_proj|to_[qkv]|to_out|query|key|value)([._]|$)/i,
  ],
  ['head', /(^|\.)(lm_head|head|classifier|score|text_projection|visual_projection|proj)(\.|$)/i],
  [
    'mlp',
    /mlp|ffn|feed_forward|(^|[._])(fc\d?|c_fc|c_proj|up_proj|down_proj|gate_proj|w[123]|wi|wo|intermediate|dense)([._]|$)/i,
  ],
  ['convolution', /conv|patch|downsample/i],
];

/** What part of a network a tensor belongs to, judged by its name. */
export const tensorKind = (name: string): TensorKind =>
  PATTERNS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
