/** A plan's tensors, measured: what a budget can be spent on. */
import type { TensorAnalysis } from '../codecs/registry.ts';
import type { UnfitTensor } from './unfit.ts';

/** A tensor of a task vector, measured. */
export interface Analyzed extends TensorAnalysis {
  readonly tensor: string;
}

/** A plan, measured. */
export interface Analysis {
  readonly tensors: readonly Analyzed[];
  readonly fixed: Fixed;
}

/** Totals of everything without a choice: unchanged tensors have no payload, non-finite ones are stored exactly. */
export interface Fixed {
  /** Of payloads. */
  readonly bytes: number;
  /** ‖τ̂ − τ‖² and ‖τ‖² of what is quantized, by task. */
  readonly errors: readonly (readonly [error: number, energy: number])[];
  readonly unfit: readonly UnfitTensor[];
}

/** All tensors of a plan that could not be quantized, or hold no numbers. */
export const unfitOf = ({ tensors, fixed }: Analysis): readonly UnfitTensor[] => [
  ...tensors.flatMap(({ tensor, output, finite }) =>
    finite ? [] : [{ tensor, output, why: 'nonFinite' as const }],
  ),
  ...fixed.unfit,
];
