import { describe, expect, test } from 'vitest';
import { splitName } from '../../../webview/common/names.ts';

describe('splitName', () => {
  test.each([
    ['logit_scale', '', 'logit_scale'],
    ['model.layers.31.self_attn.q_proj.weight', 'model.layers.', '31.self_attn.q_proj.weight'],
    [
      'visual.transformer.resblocks.7.attn.in_proj_weight',
      'visual.transformer.resblocks.',
      '7.attn.in_proj_weight',
    ],
    ['encoder.embeddings.position_embeddings.weight', 'encoder.embeddings.', 'position_embeddings.weight'],
    ['openai/clip-vit-large-patch14-336-quantized', 'openai/clip-vit-large-patch14', '-336-quantized'],
  ])('%s', (name, head, tail) => expect(splitName(name)).toEqual({ head, tail }));

  test('loses nothing, and splits no surrogate pair', () => {
    const name = '𝛕'.repeat(40);
    for (let length = 10; length < 20; length++) {
      const { head, tail } = splitName(name, length);
      expect(head + tail).toBe(name);
      expect([...head, ...tail].every(character => character === '𝛕')).toBe(true);
    }
  });
});
