/** Names of modules in adapters, and the tensors that they stand for in models of other tools. */
import { describe, expect, test } from 'vitest';
import { Targets } from '../../../extension/formats/lora/targets.ts';

const targets = (...names: string[]) => new Targets(names);

test.each([
  ['model.layers.3.mlp.up_proj', 'model.layers.3.mlp.up_proj.weight'],
  ['model.layers.3.mlp.up_proj', 'language_model.model.layers.3.mlp.up_proj.weight'],
  ['model.language_model.layers.3.mlp.up_proj', 'language_model.layers.3.mlp.up_proj.weight'],
  ['model.layers.3.mlp.up_proj', 'layers.3.mlp.up_proj.weight'],
  ['diffusion_model.double_blocks.0.img_attn.qkv', 'double_blocks.0.img_attn.qkv.weight'],
  ['lora_unet_double_blocks_0_img_attn_qkv', 'model.diffusion_model.double_blocks.0.img_attn.qkv.weight'],
  ['unet.down_blocks.0.attentions.1.proj_in', 'down_blocks.0.attentions.1.proj_in.weight'],
  ['lora_te1_text_model_encoder_layers_0_mlp_fc1', 'text_model.encoder.layers.0.mlp.fc1.weight'],
  // Stable Diffusion: block i, layer j is 3i + j + 1 among the input blocks.
  [
    'lora_unet_down_blocks_2_attentions_1_transformer_blocks_0_attn1_to_q',
    'model.diffusion_model.input_blocks.8.1.transformer_blocks.0.attn1.to_q.weight',
  ],
  ['unet.up_blocks.1.attentions.2.proj_out', 'model.diffusion_model.output_blocks.5.1.proj_out.weight'],
  ['lora_unet_mid_block_resnets_1_conv1', 'model.diffusion_model.middle_block.2.in_layers.2.weight'],
  ['lora_unet_up_blocks_0_upsamplers_0_conv', 'model.diffusion_model.output_blocks.2.1.conv.weight'],
  ['lora_unet_up_blocks_1_upsamplers_0_conv', 'model.diffusion_model.output_blocks.5.2.conv.weight'],
  ['lora_unet_time_embedding_linear_2', 'model.diffusion_model.time_embed.2.weight'],
  ['transformer.transformer_blocks.4.ff_context.net.2', 'double_blocks.4.txt_mlp.2.weight'],
  ['transformer.single_transformer_blocks.9.proj_out', 'single_blocks.9.linear2.weight'],
])('%s is %s', (module, weight) => {
  expect(targets(weight, 'other.0.weight').find(module)).toEqual([
    { weight, bias: undefined, place: undefined },
  ]);
});

test('weights and biases of a module', () => {
  expect(targets('a.0.b.weight', 'a.0.b.bias').find('a.0.b')).toEqual([
    { weight: 'a.0.b.weight', bias: 'a.0.b.bias', place: undefined },
  ]);
});

describe('rows of a tensor that holds several modules', () => {
  test.each([
    ['transformer.transformer_blocks.0.attn.to_k', 'double_blocks.0.img_attn.qkv.weight', { part: 1 }],
    ['transformer.transformer_blocks.0.attn.add_v_proj', 'double_blocks.0.txt_attn.qkv.weight', { part: 2 }],
    ['transformer.single_transformer_blocks.0.proj_mlp', 'single_blocks.0.linear1.weight', 'last'],
    [
      'lora_te2_text_model_encoder_layers_0_self_attn_q_proj',
      'conditioner.embedders.1.model.transformer.resblocks.0.attn.in_proj_weight',
      { part: 0 },
    ],
  ])('%s', (module, weight, place) => {
    expect(targets(weight).find(module)).toEqual([{ weight, bias: undefined, place }]);
  });
});

test('nothing is guessed', () => {
  const two = targets('encoder.layers.0.fc.weight', 'decoder.layers.0.fc.weight');
  expect(two.find('layers.0.fc')).toEqual([]);
  expect(two.find('fc')).toEqual([]);
  expect(two.find('layers.1.fc')).toEqual([]);
});
