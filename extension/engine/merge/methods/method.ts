import { translatable, type Message } from '../../../shared/translatable.ts';
import type { MergeMethodInfo, MergeParameter } from '../../../protocol/recipes.ts';
import type { Values } from '../recipe/parameters.ts';

/** Linear combination of the inputs: Σ inputs[i]·xᵢ (+ the base, for methods on task vectors). */
export interface LinearWay {
  readonly kind: 'linear';
  /** Whether the coefficients depend on the tensor: the matrix of inner products is then measured first. */
  readonly gram: boolean;
  coefficients(tensor: LinearTensor): readonly number[];
  /** Shares of the inputs in a plain mean, if another parameter than the weights determines them. */
  readonly shares?: (values: Values) => readonly number[];
}

export interface LinearTensor {
  readonly values: Values;
  /** By input. */
  readonly inputs: readonly Values[];
  /** ⟨xᵢ, xⱼ⟩, when asked for; xᵢ are task vectors where the recipe has a base, whole tensors otherwise. */
  readonly gram: readonly (readonly number[])[];
}

/** How a task vector is thinned out before it is combined. */
export type Sparsify = 'none' | 'trim' | 'band' | 'drop' | 'rankDrop';

/** How thinned task vectors become one. */
export type Combine = 'sum' | 'elect' | 'maxMagnitude' | 'consensus' | 'emr';

/** Selection of single weights, stage by stage. */
export interface SelectiveWay {
  readonly kind: 'selective';
  readonly sparsify: Sparsify;
  readonly combine: Combine;
}

/** A function of whole tensors, in plain float32 arrays: for methods that need all of a tensor at once. */
export interface ValuesWay {
  readonly kind: 'values';
  /** Whether it drops weights of single inputs: those are zero in `xs` when `merge` returns. */
  readonly drops: boolean;
  /** Whether it needs the size of the checkpoints' rounding errors, which takes a pass over the base. */
  readonly noise?: boolean;
  /** Working memory in float32 values beside the inputs and the result, for the plan. */
  workingValues(shape: readonly number[], inputs: number): number;
  /** @returns the merged task vector, or the merged tensor where the method takes whole models */
  merge(tensor: ValuesTensor): Float32Array;
}

export interface ValuesTensor {
  readonly shape: readonly number[];
  /** Task vectors where the recipe has a base, whole tensors otherwise; may be overwritten. */
  readonly xs: readonly Float32Array[];
  readonly values: Values;
  /** By input. */
  readonly inputs: readonly Values[];
  /** By input: the largest singular value that rounding to its dtype puts into its task vector; 0 if `noise` is not
   * set. */
  readonly noise: readonly number[];
}

export interface MergeMethod extends MergeMethodInfo {
  /** Whether a tensor's inputs are divided by the sum of all their weights; absent if they never are. */
  readonly normalizes?: (values: Values) => boolean;
  readonly way: LinearWay | SelectiveWay | ValuesWay;
}

/** The inputs' parameter `weight`. */
export const weightsOf = (inputs: readonly Values[]): number[] =>
  inputs.map(({ weight }) => weight as number);

const number = (
  name: string,
  standard: number,
  [minimum, maximum]: readonly [number, number],
  meaning: Message,
  perInput = false,
): MergeParameter => ({ name, type: 'number', default: standard, minimum, maximum, perInput, meaning });

/** Parameters that several methods share. */
export const parameter = {
  number,
  integer: (
    name: string,
    standard: number,
    [minimum, maximum]: readonly [number, number],
    meaning: Message,
  ): MergeParameter => ({
    name,
    type: 'integer',
    default: standard,
    minimum,
    maximum,
    perInput: false,
    meaning,
  }),
  flag: (name: string, standard: boolean, meaning: Message): MergeParameter => ({
    name,
    type: 'boolean',
    default: standard,
    perInput: false,
    meaning,
  }),
  choice: (name: string, choices: readonly [string, ...string[]], meaning: Message): MergeParameter => ({
    name,
    type: 'choice',
    default: choices[0],
    choices,
    perInput: false,
    meaning,
  }),
  weight: number(
    'weight',
    1,
    [-100, 100],
    translatable('Share of this input; negative ones are subtracted.'),
    true,
  ),
  scale: (standard: number): MergeParameter =>
    number(
      'scale',
      standard,
      [-100, 100],
      translatable('What the merged task vector is multiplied by before it is added to the base.'),
    ),
  density: (standard: number): MergeParameter =>
    number(
      'density',
      standard,
      [0, 1],
      translatable('Share of the weights of a task vector that is kept.'),
      true,
    ),
  seed: {
    name: 'seed',
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 2 ** 32 - 1,
    perInput: false,
    meaning: translatable('Seed of the random masks; the same seed gives the same bytes everywhere.'),
  } satisfies MergeParameter,
};
