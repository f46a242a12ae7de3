/**
 * Names of diffusers and transformers in the words of single-file checkpoints: Stable Diffusion's U-Net (CompVis,
 * Stability AI), the second text encoder of SDXL (OpenCLIP), and FLUX (Black Forest Labs). From the conversion scripts
 * of diffusers (convert_diffusers_to_original_stable_diffusion.py, loaders/single_file_utils.py).
 */

/** The rows of a tensor that holds several modules: the `part`-th of equal parts, or the last rows. */
export type Place = { readonly part: number } | 'last';

export interface Translation {
  readonly name: string;
  readonly place: Place | undefined;
}

type Rule = readonly [pattern: RegExp, translate: (...found: string[]) => string, place?: Place];

const at = (block: string, layer: string, start: number): number => 3 * Number(block) + Number(layer) + start;

const RESNET: Readonly<Record<string, string>> = {
  norm1: 'in_layers_0',
  conv1: 'in_layers_2',
  time_emb_proj: 'emb_layers_1',
  norm2: 'out_layers_0',
  conv2: 'out_layers_3',
  conv_shortcut: 'skip_connection',
};
const resnet = (part: string): string => RESNET[part] ?? part;

/** Of names with underscores instead of dots. */
const UNET: readonly Rule[] = [
  [/^down_blocks_(\d+)_attentions_(\d+)_(.+)$/, (_, i, j, rest) => `input_blocks_${at(i, j, 1)}_1_${rest}`],
  [
    /^down_blocks_(\d+)_resnets_(\d+)_(.+)$/,
    (_, i, j, rest) => `input_blocks_${at(i, j, 1)}_0_${resnet(rest)}`,
  ],
  [/^down_blocks_(\d+)_downsamplers_0_conv$/, (_, i) => `input_blocks_${at(i, '2', 1)}_0_op`],
  [/^mid_block_attentions_0_(.+)$/, (_, rest) => `middle_block_1_${rest}`],
  [/^mid_block_resnets_(\d)_(.+)$/, (_, j, rest) => `middle_block_${2 * Number(j)}_${resnet(rest)}`],
  [/^up_blocks_(\d+)_attentions_(\d+)_(.+)$/, (_, i, j, rest) => `output_blocks_${at(i, j, 0)}_1_${rest}`],
  [
    /^up_blocks_(\d+)_resnets_(\d+)_(.+)$/,
    (_, i, j, rest) => `output_blocks_${at(i, j, 0)}_0_${resnet(rest)}`,
  ],
  // Behind the attention, where there is one.
  [/^up_blocks_(\d+)_upsamplers_0_conv$/, (_, i) => `output_blocks_${at(i, '2', 0)}_2_conv`],
  [/^up_blocks_(\d+)_upsamplers_0_conv$/, (_, i) => `output_blocks_${at(i, '2', 0)}_1_conv`],
  [/^time_embedding_linear_([12])$/, (_, i) => `time_embed_${2 * Number(i) - 2}`],
  [/^conv_in$/, () => 'input_blocks_0_0'],
  [/^conv_norm_out$/, () => 'out_0'],
  [/^conv_out$/, () => 'out_2'],
];

const OPEN_CLIP: readonly Rule[] = [
  ...['q', 'k', 'v'].map((letter, part): Rule => [
    new RegExp(`^text_model_encoder_layers_(\\d+)_self_attn_${letter}_proj$`),
    (_, i) => `transformer_resblocks_${i}_attn_in_proj`,
    { part },
  ]),
  [
    /^text_model_encoder_layers_(\d+)_self_attn_out_proj$/,
    (_, i) => `transformer_resblocks_${i}_attn_out_proj`,
  ],
  [/^text_model_encoder_layers_(\d+)_mlp_fc1$/, (_, i) => `transformer_resblocks_${i}_mlp_c_fc`],
  [/^text_model_encoder_layers_(\d+)_mlp_fc2$/, (_, i) => `transformer_resblocks_${i}_mlp_c_proj`],
];

const DOUBLE: Readonly<Record<string, string>> = {
  attn_to_out_0: 'img_attn_proj',
  attn_to_add_out: 'txt_attn_proj',
  ff_net_0_proj: 'img_mlp_0',
  ff_net_2: 'img_mlp_2',
  ff_context_net_0_proj: 'txt_mlp_0',
  ff_context_net_2: 'txt_mlp_2',
  norm1_linear: 'img_mod_lin',
  norm1_context_linear: 'txt_mod_lin',
};

const FLUX: readonly Rule[] = [
  ...['q', 'k', 'v'].flatMap((letter, part): Rule[] => [
    [
      new RegExp(`^transformer_blocks_(\\d+)_attn_to_${letter}$`),
      (_, i) => `double_blocks_${i}_img_attn_qkv`,
      { part },
    ],
    [
      new RegExp(`^transformer_blocks_(\\d+)_attn_add_${letter}_proj$`),
      (_, i) => `double_blocks_${i}_txt_attn_qkv`,
      { part },
    ],
    [
      new RegExp(`^single_transformer_blocks_(\\d+)_attn_to_${letter}$`),
      (_, i) => `single_blocks_${i}_linear1`,
      { part },
    ],
  ]),
  [/^single_transformer_blocks_(\d+)_proj_mlp$/, (_, i) => `single_blocks_${i}_linear1`, 'last'],
  [/^single_transformer_blocks_(\d+)_proj_out$/, (_, i) => `single_blocks_${i}_linear2`],
  [/^single_transformer_blocks_(\d+)_norm_linear$/, (_, i) => `single_blocks_${i}_modulation_lin`],
  [/^transformer_blocks_(\d+)_(.+)$/, (_, i, rest) => `double_blocks_${i}_${DOUBLE[rest] ?? rest}`],
  [/^x_embedder$/, () => 'img_in'],
  [/^context_embedder$/, () => 'txt_in'],
  [
    /^time_text_embed_timestep_embedder_linear_([12])$/,
    (_, i) => `time_in_${i === '1' ? 'in' : 'out'}_layer`,
  ],
  [
    /^time_text_embed_guidance_embedder_linear_([12])$/,
    (_, i) => `guidance_in_${i === '1' ? 'in' : 'out'}_layer`,
  ],
  [/^time_text_embed_text_embedder_linear_([12])$/, (_, i) => `vector_in_${i === '1' ? 'in' : 'out'}_layer`],
  [/^proj_out$/, () => 'final_layer_linear'],
];

/** What a module may be called elsewhere. @param name with dots or underscores */
export function translations(name: string): Translation[] {
  const plain = name
    .replaceAll('.', '_')
    .replace(/^(unet|transformer|text_encoder_2|diffusion_model)_(?!blocks_)/, '');
  return [...UNET, ...OPEN_CLIP, ...FLUX].flatMap(([pattern, translate, place]) => {
    const found = pattern.exec(plain);
    return found ? [{ name: translate(...found), place }] : [];
  });
}
