import { expect, test } from 'vitest';
import { formOf } from '../../../../extension/engine/extract/form.ts';

test.each([
  ['model.layers.0.self_attn.q_proj.weight', [8, 4], 'linear'],
  ['lm_head.weight', [9, 4], 'linear'],
  ['embed_out.weight', [9, 4], 'linear'],
  ['model.embed_tokens.weight', [9, 4], 'embedding'],
  ['bert.embeddings.word_embeddings.weight', [9, 4], 'embedding'],
  ['transformer.wte.weight', [9, 4], 'embedding'],
  ['encoder.embedding_hidden_mapping_in.weight', [9, 4], 'linear'],
  ['vision.patch_embedding.weight', [9, 3, 4, 4], 'convolution'],
  ['depthwise.weight', [9, 1, 3, 3], undefined],
  ['model.norm.weight', [4], undefined],
  ['q_proj.bias', [4], undefined],
  ['experts.gate_up_proj', [8, 4, 4], undefined],
  ['cls_token', [1, 4], undefined],
  ['empty.weight', [0, 4], undefined],
])('%s %j', (name, shape, form) => {
  expect(formOf(name, shape, false)).toBe(form);
});

test("of GPT-2, whose config has one setting for all layers, only Conv1D's and embeddings", () => {
  const of = (name: string) => formOf(name, [8, 4], true);
  expect(['h.0.attn.c_attn.weight', 'wte.weight', 'score.weight'].map(of)).toEqual([
    'conv1d',
    'embedding',
    undefined,
  ]);
});
