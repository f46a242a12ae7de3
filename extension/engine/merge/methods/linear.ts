/** Methods that are a linear combination of the inputs, with fixed coefficients. */
import { translatable } from '../../../shared/translatable.ts';
import { parameter, weightsOf, type MergeMethod } from './method.ts';
import { shares } from '../tensor/weights.ts';

export const linear: MergeMethod = {
  name: 'linear',
  title: 'Linear (model soup)',
  family: 'models',
  meaning: translatable('Weighted mean of the models.'),
  variant: 'Model soups (Wortsman et al., ICML 2022); Σ wᵢ·θᵢ / Σ wᵢ, as in mergekit.',
  parameters: [
    parameter.weight,
    parameter.flag('normalize', true, translatable('Divide by the sum of the weights.')),
  ],
  base: 'unused',
  minimumInputs: 1,
  maximumInputs: undefined,
  normalizes: ({ normalize }) => normalize === true,
  way: {
    kind: 'linear',
    gram: false,
    coefficients: ({ values, inputs }) => shares(weightsOf(inputs), values.normalize === true),
  },
};

export const taskArithmetic: MergeMethod = {
  name: 'task_arithmetic',
  title: 'Task arithmetic',
  family: 'vectors',
  meaning: translatable('Adds the weighted sum of the task vectors to the base.'),
  variant: 'Editing models with task arithmetic (Ilharco et al., ICLR 2023); θ₀ + scale·Σ wᵢ·τᵢ.',
  parameters: [
    parameter.scale(0.3),
    parameter.weight,
    parameter.choice('merge', ['sum', 'mean'], translatable('mean divides by the sum of the weights.')),
  ],
  base: 'required',
  minimumInputs: 1,
  maximumInputs: undefined,
  normalizes: ({ merge }) => merge === 'mean',
  way: {
    kind: 'linear',
    gram: false,
    coefficients: ({ values, inputs }) => shares(weightsOf(inputs), values.merge === 'mean'),
  },
};
