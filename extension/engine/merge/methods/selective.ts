/** Methods that choose weight by weight: thin out each task vector, then combine the rest. */
import { translatable, type Message } from '../../../shared/translatable.ts';
import type { MergeParameter } from '../../../protocol/recipes.ts';
import { parameter, type MergeMethod } from './method.ts';

const shared = { family: 'vectors', base: 'required', minimumInputs: 1, maximumInputs: undefined } as const;

const merge = (first: 'mean' | 'sum') =>
  parameter.choice(
    'merge',
    first === 'mean' ? ['mean', 'sum'] : ['sum', 'mean'],
    translatable('mean divides by the weights that agreed, sum does not.'),
  );

export const ties: MergeMethod = {
  ...shared,
  name: 'ties',
  title: 'TIES',
  meaning: translatable(
    'Keeps the largest weights of each task vector, elects a sign for each weight, and averages those that agree.',
  ),
  variant:
    "TIES-Merging (Yadav et al., NeurIPS 2023). trim global: the k-th magnitude over the whole model, as published; tensor: in each tensor, as mergekit. Where densities differ by layer or filter, the magnitudes of the whole model still make one ranking, in which each tensor is trimmed at its own density. Magnitudes equal to the threshold are all kept; a density of 0 keeps nothing. Signs are elected on the sum of the weighted task vectors, and a weight of a task counts where, times the task's weight, it has the elected sign: a negative weight is the task vector negated. An exact zero takes the majority sign of the model (global) or + (tensor); where the weights of those that agree cancel, their sum stands undivided.",
  parameters: [
    parameter.scale(1),
    parameter.weight,
    parameter.density(0.2),
    parameter.choice(
      'trim',
      ['global', 'tensor'],
      translatable('Whether the density counts over the whole model or in each tensor.'),
    ),
    merge('mean'),
  ],
  way: { kind: 'selective', sparsify: 'trim', combine: 'elect' },
};

export const magmax: MergeMethod = {
  ...shared,
  name: 'magmax',
  title: 'MagMax',
  meaning: translatable('Takes each weight from the task vector where it is largest.'),
  variant: 'MagMax (Marczak et al., ECCV 2024); of equal magnitudes the later task wins.',
  parameters: [parameter.scale(0.5), parameter.weight],
  way: { kind: 'selective', sparsify: 'none', combine: 'maxMagnitude' },
};

export const breadcrumbs: MergeMethod = {
  ...shared,
  name: 'breadcrumbs',
  title: 'Model Breadcrumbs',
  meaning: translatable('Drops the very largest and the small weights of each row, and sums the rest.'),
  variant:
    'Model Breadcrumbs (Davari and Belilovsky, ECCV 2024), along the last dimension: drop the top gamma, keep the top beta of the rest (at least one). Equal magnitudes rank by position.',
  parameters: [
    parameter.scale(0.2),
    parameter.weight,
    parameter.number(
      'beta',
      0.15,
      [0, 1],
      translatable('Share of a row, after the largest are gone, that is kept.'),
      true,
    ),
    parameter.number(
      'gamma',
      0.006,
      [0, 1],
      translatable('Share of the largest weights of a row that is dropped.'),
      true,
    ),
  ],
  way: { kind: 'selective', sparsify: 'band', combine: 'sum' },
};

export const consensusTa: MergeMethod = {
  ...shared,
  name: 'consensus_ta',
  title: 'Consensus task arithmetic',
  meaning: translatable('Sums the task vectors, but keeps only the weights that several tasks need.'),
  variant:
    'Consensus TA with TALL masks (Wang et al., ICML 2024); a task needs a weight where |wτ| > mask_lambda·|Σ − wτ|, Σ the sum of the weighted task vectors: a task with weight 2 is a task whose task vector is twice as long.',
  parameters: [
    parameter.scale(0.3),
    parameter.weight,
    parameter.number(
      'mask_lambda',
      0.4,
      [0, 10],
      translatable('How much of the other tasks a weight must outweigh.'),
    ),
    parameter.integer('k', 2, [1, 4096], translatable('Number of tasks that must need a weight.')),
  ],
  way: { kind: 'selective', sparsify: 'none', combine: 'consensus' },
};

export const emr: MergeMethod = {
  ...shared,
  name: 'emr',
  title: 'EMR-Merging',
  meaning: translatable(
    'One unified task vector, with a mask and a rescaler for each task: writes one model per task.',
  ),
  variant:
    'EMR-Merging (Huang et al., NeurIPS 2024); the sign is that of the sum, the rescaler Σ|τ| / Σ|masked unified vector| over the whole model.',
  parameters: [],
  way: { kind: 'selective', sparsify: 'none', combine: 'emr' },
};

/** Parameters of a random drop; `first` is the paper's way to rescale. */
const dropping = (
  first: 'density' | 'probability',
  rescale: Message,
  more: readonly MergeParameter[] = [],
) => [
  parameter.scale(1),
  parameter.weight,
  parameter.density(0.5),
  ...more,
  parameter.seed,
  parameter.choice('rescale', [first, 'l1', 'none'], rescale),
];

const byTensor = (variant: string) => `${variant} Then sign election as in ties, tensor by tensor.`;

const drop = dropping(
  'density',
  translatable(
    'density divides by the share kept (the paper); l1 keeps the sum of magnitudes of each tensor (mergekit).',
  ),
);
const DARE =
  'DARE (Yu et al., ICML 2024): each weight is kept with probability density, by Philox4x32-10 on seed, tensor, task and position. Not normalised by default, as in mergekit.';

export const dareLinear: MergeMethod = {
  ...shared,
  name: 'dare_linear',
  title: 'DARE (linear)',
  meaning: translatable('Drops weights at random, scales the rest up, and sums.'),
  variant: DARE,
  parameters: [...drop, merge('sum')],
  normalizes: ({ merge }) => merge === 'mean',
  way: { kind: 'selective', sparsify: 'drop', combine: 'sum' },
};

export const dareTies: MergeMethod = {
  ...shared,
  name: 'dare_ties',
  title: 'DARE (TIES)',
  meaning: translatable('Drops weights at random, scales the rest up, and sums those that agree in sign.'),
  variant: byTensor(DARE),
  parameters: [...drop, merge('sum')],
  way: { kind: 'selective', sparsify: 'drop', combine: 'elect' },
};

const rankDrop = dropping(
  'probability',
  translatable(
    'probability divides each kept weight by its own (the paper); l1 keeps the sum of magnitudes of each tensor (mergekit).',
  ),
  [
    parameter.number(
      'epsilon',
      0.15,
      [0, 0.5],
      translatable('How far the probability of the largest and smallest weights is from the density.'),
      true,
    ),
  ],
);
const DELLA =
  'DELLA-Merging (Deep et al., 2024): in each row the probability rises with the rank from density − epsilon to density + epsilon; kept weights are divided by it. A density of 0 keeps nothing; rows of one value, which have no ranks, are kept with the density. Rows run along the last dimension.';

export const dellaLinear: MergeMethod = {
  ...shared,
  name: 'della_linear',
  title: 'DELLA (linear)',
  meaning: translatable('Drops small weights more often than large ones, and sums.'),
  variant: DELLA,
  parameters: [...rankDrop, merge('sum')],
  normalizes: ({ merge }) => merge === 'mean',
  way: { kind: 'selective', sparsify: 'rankDrop', combine: 'sum' },
};

export const della: MergeMethod = {
  ...shared,
  name: 'della',
  title: 'DELLA',
  meaning: translatable(
    'Drops small weights more often than large ones, and averages those that agree in sign.',
  ),
  variant: byTensor(DELLA),
  parameters: [...rankDrop, merge('mean')],
  way: { kind: 'selective', sparsify: 'rankDrop', combine: 'elect' },
};
