/**
 * How much an error in each tensor matters: the weights that the allocator multiplies squared errors by. Measures can
 * be combined; their weights multiply. None needs data or gradients.
 */
import type { Layer } from '../../protocol/analysis.ts';
import { translatable, type Message } from '../translatable.ts';
import { AllocationError } from './errors.ts';
import { patternOf } from './pattern.ts';

/** What is known about a tensor of a task vector. */
export interface TensorStatistics {
  readonly name: string;
  readonly elements: number;
  /** ‖τ‖² = Σ τ². */
  readonly energy: number;
  /** Undefined outside the layers (embeddings, head). */
  readonly layer: Pick<Layer, 'number' | 'count'> | undefined;
}

/** A measure with its parameters, as plain data for recipes. */
export type Measure =
  | { readonly kind: 'energy' }
  | { readonly kind: 'relative' }
  | { readonly kind: 'depth'; readonly slope?: number }
  | { readonly kind: 'patterns'; readonly patterns: readonly (readonly [pattern: string, weight: number])[] }
  | { readonly kind: 'file'; readonly weights: Readonly<Record<string, number>> };

/** Each measure in a sentence. */
export const MEASURES: Readonly<Record<Measure['kind'], Message>> = {
  energy: translatable(
    'Every squared error counts alike: weight 1, so that the total is ‖τ̂ − τ‖² of the whole task vector (default).',
  ),
  relative: translatable(
    'Every tensor’s relative error counts alike: weight 1 / ‖τ‖² of the tensor; 0 where τ is 0.',
  ),
  depth: translatable(
    'Later layers count more, as LiNeS scales them: weight 1 + slope · layer / (layers − 1) in each stack of layers, slope 4; 1 outside the layers.',
  ),
  patterns: translatable(
    'Weights by name: that of the first pattern that matches, else 1; a pattern is a glob over the whole name (* any text, ? one character) or a /regular expression/ over any part.',
  ),
  file: translatable('Weights by name from a file: tensor name to weight, else 1.'),
};

/**
 * Slope of `depth`: LiNeS (Wang et al., 2024) scales layer l by α + β · l / (L − 1), with α = 1/8 and β = 1/2 in the
 * code of Task Vector Quantization; β / α = 4, so that the last layer counts five times the first.
 */
export const DEPTH_SLOPE = 4;

type Weigh = (tensor: TensorStatistics) => number;

/**
 * The sensitivity of each tensor: the product over all measures, 1 if there are none.
 * @throws AllocationError naming the measure, and the tensor or pattern, that is not valid
 */
export function sensitivities(tensors: readonly TensorStatistics[], measures: readonly Measure[]): number[] {
  const weighs = measures.map(measure => ({ kind: measure.kind, weigh: weighing(measure) }));
  return tensors.map(tensor =>
    weighs.reduce((product, { kind, weigh }) => product * checked(kind, tensor.name, weigh(tensor)), 1),
  );
}

function weighing(measure: Measure): Weigh {
  switch (measure.kind) {
    case 'energy':
      return () => 1;
    case 'relative':
      return ({ energy }) => (energy === 0 ? 0 : 1 / energy);
    case 'depth':
      return byDepth(measure.slope ?? DEPTH_SLOPE);
    case 'patterns':
      return byPattern(measure.patterns);
    case 'file':
      return byName(measure.weights);
  }
}

function byDepth(slope: number): Weigh {
  if (!(slope >= -1 && slope < Infinity)) {
    throw new AllocationError(
      `depth: the slope must be −1 or more, so that no weight is negative; it is ${slope}`,
    );
  }
  return ({ layer }) =>
    layer === undefined || layer.count < 2 ? 1 : 1 + (slope * layer.number) / (layer.count - 1);
}

function byPattern(patterns: readonly (readonly [string, number])[]): Weigh {
  const rules = patterns.map(([pattern, weight]) => ({
    expression: patternOf(pattern),
    weight: checked('patterns', pattern, weight),
  }));
  return ({ name }) => rules.find(({ expression }) => expression.test(name))?.weight ?? 1;
}

/** Ignores names of tensors that the budget is not spent on. */
function byName(weights: Readonly<Record<string, number>>): Weigh {
  const byTensor = new Map(Object.entries(weights));
  for (const [name, weight] of byTensor) checked('file', name, weight);
  return ({ name }) => byTensor.get(name) ?? 1;
}

/** Weights come from people and files: they can be anything. */
function checked(measure: Measure['kind'], name: string, weight: number): number {
  if (typeof weight !== 'number' || !(weight >= 0 && weight < Infinity)) {
    throw new AllocationError(
      `${measure}: the weight of ${name} must be a number of 0 or more; it is ${weight}`,
    );
  }
  return weight;
}
