/** A merge item as data: one tensor of all inputs, and what comes back about it. */
import type { NotNumbers } from '../../../../kernels/stages/encode/stage.ts';
import type { SquaredError } from '../../../../kernels/stages/quantize_pack/stage.ts';
import type { TensorSource } from '../../../formats/tensorSource.ts';
import type { Dtype } from '../../../formats/dtype.ts';
import type { Tolerance } from './finite.ts';
import { inputSources, type InputTensor, type Wanted } from '../../tensors/inputTensor.ts';
import type { Coding } from '../../output/coding.ts';
import type { Combine, Sparsify } from '../methods/method.ts';
import type { Values } from '../recipe/parameters.ts';
import type { Item, ItemReport } from '../../scheduler/item.ts';

/** Shares of a weighted mean, 0 or more, which add up to 1. */
export interface Shares {
  readonly base: number;
  readonly inputs: readonly number[];
}

/** How a tensor is merged, with everything that is known before it is read. */
export type TensorWay =
  /** Unchanged bytes, or the same values in the item's coding. */
  | {
      readonly kind: 'copy';
      readonly source: TensorSource;
      /** By input, its own tensor instead: differences are reported. */
      readonly beside: readonly (TensorSource | undefined)[];
    }
  /** Σ cᵢ·xᵢ. */
  | { readonly kind: 'fixed'; readonly coefficients: readonly number[] }
  /** A weighted mean of whole models, by output: running statistics. */
  | { readonly kind: 'statistics'; readonly shares: readonly Shares[]; readonly variance: boolean }
  /** Σ cᵢ·xᵢ, where a registered method computes the coefficients from the inner products. */
  | { readonly kind: 'gram'; readonly method: string }
  /** A function of the whole tensor, of a method of the registry. */
  | {
      readonly kind: 'values';
      readonly method: string;
      readonly workingValues: number;
      readonly drops: boolean;
    }
  | {
      readonly kind: 'selective';
      readonly sparsify: Sparsify;
      readonly combine: Combine;
      /** Magnitude keys by input, when the trim is over the whole model. */
      readonly thresholds: readonly number[] | undefined;
      /** Sign of weights whose sum is exactly zero. */
      readonly zeroSign: number;
      /** Rescalers by input (emr). */
      readonly rescalers: readonly number[] | undefined;
    };

export interface MergeItem extends Item {
  readonly kind: 'merge';
  /** Number of the tensor in the model, for random streams. */
  readonly number: number;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** How its values are written; undefined: as values of `dtype`. */
  readonly coding: Coding | undefined;
  /** Values that stay together: a row, where the method ranks it, or 1. */
  readonly rowLength: number;
  readonly base: TensorSource | undefined;
  readonly inputs: readonly InputTensor[];
  readonly wanted: Wanted;
  readonly way: TensorWay;
  readonly values: Values;
  readonly inputValues: readonly Values[];
  /** What the merged task vector is multiplied by (scale, and LiNeS). */
  readonly scale: number;
  /** Whether NaN and infinity may be written; where it is a sum, also be computed with. */
  readonly allowNonfinite: boolean;
  /** Whether those in its inputs are computed with, set once it is known that the inputs differ. */
  readonly takesNonFinite: boolean;
  /** Whether it stands for one that all models have alike, with NaN or infinity in it. */
  readonly common: boolean;
  /** Outputs to write: one, or one a task (emr). */
  readonly outputs: number;
  /** What to measure instead of merging. */
  readonly measure: MergeMeasure | undefined;
  readonly resident: boolean;
  /** The same merge of the checkpoints that .tvq inputs were made from, to compare with. */
  readonly exact: MergeItem | undefined;
}

/** Passes over the whole model that come before merging. */
export type MergeMeasure =
  | {
      readonly kind: 'histogram';
      readonly level: 0 | 1 | 2;
      /** By input: what the bits above the level are. */
      readonly prefixes: readonly (readonly number[])[];
    }
  | { readonly kind: 'signs' }
  | { readonly kind: 'emr' };

/** What an item tells about a tensor: for the report, and for the next pass. */
export interface MergeFindings {
  /** By input, then by prefix. */
  readonly histograms?: readonly (readonly Uint32Array[])[];
  readonly signs?: { readonly positive: number; readonly negative: number };
  /** Σ|τ| and Σ|masked unified vector| by input. */
  readonly emr?: readonly { readonly own: number; readonly unified: number }[];
  readonly stats?: TensorStats | undefined;
  /** For a copied tensor: whether some input has other bytes instead. */
  readonly differs?: boolean;
  /** Whether a tensor that was to be merged was copied, as it holds NaN or infinity and is the same in all models. */
  readonly copied?: boolean;
  /** Values that are NaN or infinite in what was written. */
  readonly written?: NotNumbers;
  /** Variances below 0 that were written as 0. */
  readonly raised?: number;
  /** XXH64 of the checkpoints compared with, by input. */
  readonly originals?: readonly (string | undefined)[];
}

export interface MergeItemReport extends ItemReport {
  readonly findings?: MergeFindings;
}

/** Numbers of the merge report, of Δ = merged − base and τᵢ = input i − base. */
export interface TensorStats {
  /** ‖Δ‖² as it is added to the base; of emr, of the unified vector. */
  readonly merged: number;
  /** ‖τᵢ‖². */
  readonly inputs: readonly number[];
  /** ⟨Δ, τᵢ⟩. */
  readonly products: readonly number[];
  /** Weights that some task vector moves, and those moved in both directions. */
  readonly moved: number;
  readonly conflicts: number;
  /** By input: weights that its task vector moves, and how many of them the method kept; undefined where it drops none. */
  readonly kept?: readonly { readonly moved: number; readonly kept: number }[] | undefined;
  /** Σ‖Δ − Δ'‖² and Σ‖Δ'‖² over all outputs, where Δ' is that of the same merge in full precision. */
  readonly difference?: SquaredError | undefined;
}

/** Whether a method drops weights of single inputs before or while it combines them. */
export const dropsWeights = (way: TensorWay): boolean => {
  if (way.kind === 'values') return way.drops;
  if (way.kind !== 'selective') return false;
  return way.sparsify !== 'none' || way.combine === 'consensus' || way.combine === 'emr';
};

/** What an item may do with NaN and infinity. */
export const toleranceOf = ({ allowNonfinite, takesNonFinite, way }: MergeItem): Tolerance => ({
  allowNonfinite,
  taken: takesNonFinite,
  isSum: way.kind === 'fixed' || way.kind === 'statistics',
});

/** The item that is compared with, cut into the same windows. */
export const exactOf = ({ exact, resident }: MergeItem): MergeItem | undefined =>
  exact && { ...exact, resident };

/** Everything an item reads. */
export const mergeSources = ({
  base,
  inputs,
  way,
  exact,
}: MergeItem): readonly ({ readonly bytes: number } | undefined)[] => [
  ...(exact ? mergeSources(exact) : []),
  ...(way.kind === 'copy' ? [way.source, ...way.beside] : [base, ...inputs.flatMap(inputSources)]),
];
