/**
 * Methods on the sphere. All of them stay in the span of the inputs, so that the matrix of inner products is all they
 * need: the result is a linear combination whose coefficients are found on small matrices, in float64.
 */
import { translatable } from '../../../shared/translatable.ts';
import { parameter, weightsOf, type LinearTensor, type MergeMethod } from './method.ts';
import { shares } from '../tensor/weights.ts';

const normOf = (gram: LinearTensor['gram'], i: number) => Math.sqrt(gram[i]?.[i] ?? 0);
const clampCosine = (value: number) => Math.min(1, Math.max(-1, value));

/** A zero vector has no direction: like its inner products, its cosine is 0 with every vector, itself included. */
function cosine(gram: LinearTensor['gram'], i: number, j: number): number {
  const norms = normOf(gram, i) * normOf(gram, j);
  if (norms === 0) return 0;
  return i === j ? 1 : clampCosine((gram[i]?.[j] as number) / norms);
}

/** Above this cosine the arc is practically straight, and sin θ too small to divide by (mergekit's DOT_THRESHOLD). */
const COLINEAR = 0.9995;
/** Below this cosine a direction is opposite: all great circles through it are equally short, so none is taken. */
const OPPOSITE = -1 + 1e-6;

export const slerp: MergeMethod = {
  name: 'slerp',
  title: 'SLERP',
  family: 'models',
  meaning: translatable('Spherical interpolation between two models.'),
  variant:
    "mergekit's: angle between the normalised tensors, applied to the tensors as they are; linear where the cosine is above 0.9995 or below −0.9995. A tensor of zeros has no direction and counts as orthogonal.",
  parameters: [
    parameter.number('t', 0.5, [0, 1], translatable('0 gives the first model (the base), 1 the second.')),
  ],
  base: 'unused',
  minimumInputs: 2,
  maximumInputs: 2,
  way: {
    kind: 'linear',
    gram: true,
    shares: ({ t }) => [1 - (t as number), t as number],
    coefficients: ({ values, gram }) => {
      const t = values.t as number;
      const cos = cosine(gram, 0, 1);
      return Math.abs(cos) > COLINEAR ? [1 - t, t] : arc(Math.acos(cos), t);
    },
  },
};

const arc = (theta: number, t: number): [number, number] => [
  Math.sin((1 - t) * theta) / Math.sin(theta),
  Math.sin(t * theta) / Math.sin(theta),
];

export const nuslerp: MergeMethod = {
  name: 'nuslerp',
  title: 'NuSLERP',
  family: 'models',
  meaning: translatable(
    'Spherical interpolation between two models by their weights, of task vectors where there is a base.',
  ),
  variant:
    "mergekit's with nuslerp_flatten: true; t = w₂ / (w₁ + w₂), linear where sin θ < 1e-8 and where the tensors are opposite (cosine below −1 + 1e-6). A tensor of zeros (a frozen one, where there is a base) has no direction and counts as orthogonal. Weights that add up to 0 are an error, where mergekit takes t = 0.5.",
  parameters: [parameter.weight],
  base: 'optional',
  minimumInputs: 2,
  maximumInputs: 2,
  normalizes: () => true,
  way: {
    kind: 'linear',
    gram: true,
    coefficients: ({ inputs, gram }) => {
      const [first, second] = weightsOf(inputs) as [number, number];
      const t = second / (first + second);
      const cos = cosine(gram, 0, 1);
      const theta = Math.acos(cos);
      return cos < OPPOSITE || Math.abs(Math.sin(theta)) < 1e-8 ? [1 - t, t] : arc(theta, t);
    },
  },
};

/** ⟨Σ aᵢuᵢ, Σ bⱼuⱼ⟩ of unit vectors with the given cosines. */
function inner(cosines: readonly (readonly number[])[], a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + b.reduce((s, y, j) => s + x * y * (cosines[i]?.[j] as number), 0), 0);
}

/** Cosines of all pairs, and the norms. */
function sphere(gram: LinearTensor['gram']) {
  const norms = gram.map((_, i) => normOf(gram, i));
  return { norms, cosines: gram.map((row, i) => row.map((_, j) => cosine(gram, i, j))) };
}

/** A mean of unit vectors shorter than this share of their weights is the rounding of float32 inner products, which are
 * accurate to about 1e-6: the directions cancel, and the mean has none. */
const CANCELLED = 1e-3;

const unit = (count: number, i: number) => Array.from({ length: count }, (_, j) => (i === j ? 1 : 0));
const combine = (a: readonly number[], x: number, b: readonly number[], y: number) =>
  a.map((value, i) => x * value + y * (b[i] as number));

/** Weighted mean of the directions to the unit vectors, in the tangent space at the unit vector `mean`. */
function tangentMean(
  cosines: readonly (readonly number[])[],
  mean: readonly number[],
  weights: readonly number[],
): number[] {
  let sum = mean.map(() => 0);
  for (const [i, weight] of weights.entries()) {
    const direction = unit(weights.length, i);
    const cos = clampCosine(inner(cosines, mean, direction));
    const theta = Math.acos(cos);
    if (theta < 1e-8 || cos < OPPOSITE) continue;
    const tangent = combine(direction, 1, mean, -cos);
    sum = combine(sum, 1, tangent, (weight * theta) / Math.sin(theta));
  }
  return sum;
}

/** Follows a tangent from a point of the sphere. */
function exponential(
  cosines: readonly (readonly number[])[],
  mean: readonly number[],
  tangent: readonly number[],
): number[] {
  const length = Math.sqrt(Math.max(0, inner(cosines, tangent, tangent)));
  return length < 1e-12 ? [...mean] : combine(mean, Math.cos(length), tangent, Math.sin(length) / length);
}

const normalised = (
  cosines: readonly (readonly number[])[],
  point: readonly number[],
): number[] | undefined => {
  const length = Math.sqrt(Math.max(0, inner(cosines, point, point)));
  const weight = point.reduce((sum, value, i) => sum + Math.abs(value) * (cosines[i]?.[i] as number), 0);
  return length <= CANCELLED * weight ? undefined : point.map(value => value / length);
};

/** Coefficients over unit vectors, as coefficients over the tensors, at the weighted mean of their norms. */
const atMeanNorm = (
  norms: readonly number[],
  weights: readonly number[],
  point: readonly number[],
): number[] => {
  const length = norms.reduce((sum, norm, i) => sum + (weights[i] as number) * norm, 0);
  return point.map((value, i) => (norms[i] ? (length * value) / norms[i] : 0));
};

export const multislerp: MergeMethod = {
  name: 'multislerp',
  title: 'Multi-SLERP',
  family: 'models',
  meaning: translatable(
    'Spherical mean of several models: one step in the tangent space at their weighted mean.',
  ),
  variant:
    "One step of the Karcher mean from the normalised weighted mean; of task vectors where there is a base; the norm is the weighted mean of the norms. A tensor of zeros (a frozen one, where there is a base) has no direction: only its norm counts. Where the directions cancel (their weighted sum is shorter than 0.001 of the weights together) none is to be preferred, and the weighted mean of the tensors is taken; mergekit does so below 1e-8 and for two models, and stops for more. mergekit's stays at the normalised weighted mean.",
  parameters: [
    parameter.weight,
    parameter.flag('normalize_weights', true, translatable('Divide the weights by their sum.')),
  ],
  base: 'optional',
  minimumInputs: 2,
  maximumInputs: undefined,
  normalizes: values => values.normalize_weights === true,
  way: {
    kind: 'linear',
    gram: true,
    coefficients: ({ values, inputs, gram }) => {
      const weights = shares(weightsOf(inputs), values.normalize_weights as boolean);
      const { norms, cosines } = sphere(gram);
      const mean = normalised(cosines, weights);
      if (!mean) return weights;
      return atMeanNorm(norms, weights, exponential(cosines, mean, tangentMean(cosines, mean, weights)));
    },
  },
};

export const karcher: MergeMethod = {
  name: 'karcher',
  title: 'Karcher mean',
  family: 'models',
  meaning: translatable('Riemannian mean of the models on the sphere, found by iteration.'),
  variant:
    "mergekit's, with equal weights; the norm is the mean of the norms. A tensor of zeros has no direction: only its norm counts. Where the directions cancel, and their mean is not unique, the iteration starts at the first model, and a direction opposite to where it stands is left out.",
  parameters: [
    parameter.integer('max_iter', 10, [1, 1_000_000], translatable('Maximum number of steps.')),
    parameter.number('tol', 1e-5, [0, 1], translatable('Step length below which the iteration ends.')),
  ],
  base: 'unused',
  minimumInputs: 2,
  maximumInputs: undefined,
  way: {
    kind: 'linear',
    gram: true,
    coefficients: ({ values, inputs, gram }) => {
      const { norms, cosines } = sphere(gram);
      const directions = norms.filter(norm => norm > 0).length;
      const weights = norms.map(norm => (norm > 0 ? 1 / directions : 0));
      let mean =
        normalised(cosines, weights) ??
        unit(
          weights.length,
          weights.findIndex(weight => weight > 0),
        );
      for (let step = 0; step < (values.max_iter as number); step++) {
        const tangent = tangentMean(cosines, mean, weights);
        if (Math.sqrt(Math.max(0, inner(cosines, tangent, tangent))) < (values.tol as number)) break;
        mean = exponential(cosines, mean, tangent);
      }
      return atMeanNorm(
        norms,
        inputs.map(() => 1 / inputs.length),
        mean,
      );
    },
  },
};

export const modelStock: MergeMethod = {
  name: 'model_stock',
  title: 'Model Stock',
  family: 'vectors',
  meaning: translatable(
    'Moves the mean of the models towards the base: the less their task vectors agree, the further.',
  ),
  variant:
    'Model Stock (Jang et al., ECCV 2024), one ratio per tensor; t = N·c / (1 + (N − 1)·c), c the mean cosine of all pairs. A frozen tensor has no direction: its cosines are 0. Where the models pull apart (c < 0), t is negative and grows without bound towards opposite ones: it ends at −1 here, as far beyond the base as the mean is before it.',
  parameters: [],
  base: 'required',
  minimumInputs: 2,
  maximumInputs: undefined,
  way: {
    kind: 'linear',
    gram: true,
    coefficients: ({ inputs, gram }) => {
      const count = inputs.length;
      let sum = 0;
      for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) sum += cosine(gram, i, j);
      const mean = sum / ((count * (count - 1)) / 2);
      // t / N; the second divisor is the larger one where t would be below −1, and where the first one vanishes.
      const share = mean / Math.max(1 + (count - 1) * mean, -count * mean);
      return inputs.map(() => share);
    },
  },
};
