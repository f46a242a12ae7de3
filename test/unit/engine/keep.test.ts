import { expect, test } from 'vitest';
import type { TensorSource } from '../../../extension/formats/tensorSource.ts';
import { keepRule } from '../../../extension/engine/quantize/keep.ts';

const tensor = (name: string, shape: number[] = [4, 4], dtype = 'F32') =>
  ({ name, shape, dtype, bytes: 64 }) as unknown as TensorSource;
const rule = (of: 'vectors' | 'published', ...keep: string[]) => keepRule({ keepRule: of, keep });

test.each([
  ['blocks.0.mlp.c_fc.weight', [4, 4], 'F32', false, false],
  ['blocks.0.mlp.c_fc.bias', [4], 'F32', true, true],
  ['blocks.0.attn.in_proj_weight', [12, 4], 'F32', false, false],
  ['ln_post.weight', [4], 'F32', true, true],
  ['token_embedding.weight', [9, 4], 'F32', false, true],
  ['positional_embedding', [9, 4], 'F32', false, true],
  ['model.norm.weight', [4], 'BF16', true, false],
  ['bn.weight', [1], 'I64', true, true],
  ['quantized.weight', [4, 4], 'F8_E4M3', true, true],
] as const)('%s %j %s: default %s, paper %s', (name, shape, dtype, byDefault, asPublished) => {
  expect(rule('vectors')(tensor(name, [...shape], dtype))).toBe(byDefault);
  expect(rule('published')(tensor(name, [...shape], dtype))).toBe(asPublished);
});

test('--keep adds to the rule', () => {
  expect(rule('vectors', 'lm_head', '^x$')(tensor('lm_head.weight'))).toBe(true);
  expect(rule('vectors', '^head')(tensor('lm_head.weight'))).toBe(false);
});

test('an empty tensor has nothing to quantize', () => {
  expect(rule('vectors')({ ...tensor('w', [0, 4]), bytes: 0 })).toBe(true);
});
