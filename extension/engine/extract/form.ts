/** How PEFT writes the factors of a module's change: which of its layers they are for, their names and shapes. */
import type { Matrix } from '../../../kernels/product.ts';
import type { Factors } from './factorise.ts';
import { turned } from './turned.ts';

/** `conv1d`: a linear layer whose weights are stored as inputs × outputs (GPT-2). */
export type Form = 'linear' | 'convolution' | 'embedding' | 'conv1d';

/** Last parts of the names of embeddings; all other matrices are linear layers. */
const EMBEDDING =
  /^(embed_(tokens|positions|in)\w*|\w+_embeddings?|embeddings?|wte|wpe|shared|relative_attention_bias)$/;
/** Layers of GPT-2 and its kin that are `Conv1D`. */
const CONV1D = /^(c_attn|c_proj|c_fc|q_attn)$/;

/** @param hasConv1d whether the model has such layers. @returns undefined where PEFT has no LoRA for the tensor */
export function formOf(name: string, shape: readonly number[], hasConv1d: boolean): Form | undefined {
  if (!name.endsWith('.weight') || shape.includes(0)) return undefined;
  const last = moduleOf(name).replace(/^.*\./, '');
  // A convolution of one channel each (depthwise) has groups, whose factors would be of another shape.
  if (shape.length === 4) return shape[1] === 1 && shape[0] !== 1 ? undefined : 'convolution';
  if (shape.length !== 2) return undefined;
  if (EMBEDDING.test(last)) return 'embedding';
  if (!hasConv1d) return 'linear';
  // PEFT's `fan_in_fan_out` is for all layers but embeddings.
  return CONV1D.test(last) ? 'conv1d' : undefined;
}

export const moduleOf = (weight: string): string => weight.replace(/\.weight$/, '');

/** What is written of one factor. */
export interface WrittenFactor {
  readonly name: string;
  /** By the rank. */
  readonly shape: (rank: number) => readonly number[];
  readonly matrix: (factors: Factors) => Matrix;
}

/** PEFT's A and B: the change is B·A, of embeddings and of `Conv1D` its transpose. */
export function writtenFactors(
  weight: string,
  form: Form,
  shape: readonly number[],
): readonly WrittenFactor[] {
  const [rows = 1, ...others] = shape;
  const cols = others.reduce((product, side) => product * side, 1);
  const module = `base_model.model.${moduleOf(weight)}`;
  const left = { shape: (rank: number) => [rows, rank], matrix: (factors: Factors) => factors.left };
  const right = { shape: (rank: number) => [rank, cols], matrix: (factors: Factors) => factors.right };
  const fromLeft = { shape: (rank: number) => [rank, rows], matrix: (of: Factors) => turned(of.left) };
  const fromRight = { shape: (rank: number) => [cols, rank], matrix: (of: Factors) => turned(of.right) };
  switch (form) {
    case 'linear':
      return [
        { name: `${module}.lora_A.weight`, ...right },
        { name: `${module}.lora_B.weight`, ...left },
      ];
    case 'convolution':
      return [
        { name: `${module}.lora_A.weight`, ...right, shape: rank => [rank, ...others] },
        { name: `${module}.lora_B.weight`, ...left, shape: rank => [rows, rank, 1, 1] },
      ];
    case 'conv1d':
      return [
        { name: `${module}.lora_A.weight`, ...fromLeft },
        { name: `${module}.lora_B.weight`, ...fromRight },
      ];
    case 'embedding':
      return [
        { name: `${module}.lora_embedding_A`, ...fromLeft },
        { name: `${module}.lora_embedding_B`, ...fromRight },
      ];
  }
}
