import type { MergeRecipe } from '../../../protocol/recipes.ts';
import type { RecipeDocument } from './document.ts';
import type { Text } from './fields.ts';
import type { Shape } from './shape.ts';

type Dtype = NonNullable<MergeRecipe['dtype']>;

/** PyTorch's names, which recipes use, and ggml's. */
const NAMES = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8_e4m3fn',
  Q8_0: 'q8_0',
} as const satisfies Record<Dtype, string>;

/** Other spellings of them. */
const SPELLINGS: Readonly<Record<string, Dtype>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float: 'F32',
  half: 'F16',
  fp32: 'F32',
  fp16: 'F16',
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  float8_e4m3fn: 'F8_E4M3',
  float8_e4m3: 'F8_E4M3',
  f8_e4m3: 'F8_E4M3',
  fp8: 'F8_E4M3',
  q8_0: 'Q8_0',
};

export const dtypeName = (dtype: Dtype): string => NAMES[dtype];

/** The output's dtype; everything is computed in float32. @throws UserError naming the line */
export function readDtype(document: RecipeDocument, { dtype, outDtype }: Shape): Dtype | undefined {
  const read = (given: Text | undefined) => {
    if (!given || given.text === '') return undefined;
    const found = SPELLINGS[given.text.toLowerCase().replace(/^torch\./, '')];
    if (found) return found;
    throw document.error(
      given.path,
      `${given.path[0]} ${given.text} is not supported; available: ${Object.values(NAMES).join(', ')}`,
    );
  };
  const computed = read(dtype);
  return read(outDtype) ?? computed;
}
