/** What plans and jobs report: problems, sizes, progress, results. */
import type { Told } from '../shared/remedies.ts';
import type { ParameterValue } from './recipes.ts';

export interface Problem extends Told {
  readonly severity: 'error' | 'warning';
}

/** A plan as shown: everything known before a byte of a tensor is read. */
interface JobPlan {
  readonly output: string;
  /** Bytes that will be read. */
  readonly readBytes: number;
  /** Bytes of memory the run needs. */
  readonly memory: number;
  /** What happens to all tensors of the tasks or models, and why. */
  readonly fates: readonly TensorFate[];
  readonly problems: readonly Problem[];
}

/** The plan of a quantization. */
export interface PlanSummary extends JobPlan {
  /** Bytes of the file that will be written; never more, but less if tensors turn out unchanged. */
  readonly bytes: number;
  /** false under an error budget: `bytes` is then only a bound, and the size is known after measuring. */
  readonly sizeKnown: boolean;
  /** Bytes of the fine-tuned checkpoints as FP32. */
  readonly fp32Bytes: number;
  readonly bitsPerWeight: number;
  readonly tasks: readonly string[];
  readonly tensors: TensorCounts;
}

/** Task tensors by how they are stored. */
export interface TensorCounts {
  readonly quantized: number;
  /** Stored exactly. */
  readonly kept: number;
  /** Equal to the base, or different by a constant: no payload. */
  readonly unchanged: number;
}

export interface BackendReport {
  readonly kind: 'cpu' | 'webgpu';
  readonly device: string;
  readonly software: boolean;
  readonly usable: boolean;
  /** Why it is, or is not, usable. */
  readonly reason: string;
  readonly limits: Readonly<Record<string, number>>;
}

export interface DevicesReport {
  readonly chosen: 'cpu' | 'webgpu';
  /** Why this one is chosen. */
  readonly reason: string;
  readonly threads: number;
  readonly backends: readonly BackendReport[];
}

/** What every job that writes tells at its end. */
interface JobResult {
  readonly output: string;
  readonly bytes: number;
  readonly seconds: number;
  readonly backend: 'cpu' | 'webgpu';
  /** Why this backend, in a sentence. */
  readonly backendReason: string;
  readonly warnings: readonly string[];
}

export interface QuantizeResult extends JobResult {
  readonly fp32Bytes: number;
  readonly bitsPerWeight: number;
  readonly tasks: readonly string[];
  readonly tensors: TensorCounts;
  /** ‖τ − τ̂‖² / ‖τ‖² over the quantized tensors of each task, in the order of `tasks`. */
  readonly relativeErrors: readonly number[];
  readonly readBytes: number;
}

export interface RestoreResult extends JobResult {
  readonly tensors: number;
}

/** The plan of an extraction. */
export interface ExtractPlanSummary {
  readonly output: string;
  /** Bytes of the factors; under an energy, never more. */
  readonly bytes: number;
  /** Bytes that are read at least once; a tensor that does not fit into memory is read several times. */
  readonly readBytes: number;
  readonly memory: number;
  /** Tensors that may get factors. */
  readonly modules: number;
  readonly leftOut: readonly Omit<LeftOut, 'share'>[];
  readonly problems: readonly Problem[];
}

/** Tensors whose change is not in an adapter, for one reason. */
export interface LeftOut {
  readonly why: string;
  readonly tensors: number;
  /** The first few. */
  readonly names: readonly string[];
  /** Of the squared norm of the whole change; null where there is nothing to subtract. */
  readonly share: number | null;
}

/** Its `bytes` are those of the adapter's weight file. */
export interface ExtractResult extends JobResult {
  /** In the order of the base. */
  readonly modules: readonly {
    readonly name: string;
    readonly rank: number;
    /** ‖Δ − B·A‖² / ‖Δ‖². */
    readonly error: number;
    /** Of the squared norm of the whole change. */
    readonly share: number;
  }[];
  /** ‖Δ − B·A‖² / ‖Δ‖² over the tensors that have factors, and over all that changed. */
  readonly error: number;
  readonly errorOfAll: number;
  readonly leftOut: readonly LeftOut[];
}

/** Tensors that are treated the same way for the same reason. */
export interface TensorFate {
  readonly fate: 'merged' | 'copied' | 'quantized' | 'kept' | 'left out';
  /** In a few words. */
  readonly why: string;
  readonly tensors: number;
  readonly weights: number;
  /** The first few. */
  readonly names: readonly string[];
}

/** Tensors that are written in one type. */
export interface WrittenType {
  /** F32, BF16, F8_E4M3, Q8_0. */
  readonly type: string;
  readonly tensors: number;
  readonly bytes: number;
  /** Why they are not in the type that was asked for; null: they are. */
  readonly why: string | null;
}

/** The plan of a merge. */
export interface MergePlanSummary extends JobPlan {
  /** Bytes of the weight files that will be written. */
  readonly bytes: number;
  /** Every parameter, including defaults; gradients and rules as given. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Tensors merged, and tensors copied. */
  readonly tensors: { readonly merged: number; readonly copied: number };
  readonly types: readonly WrittenType[];
}

/** Its `bytes` are those of the weight files. */
export interface MergeResult extends JobResult {
  /** The weight files, relative to the output. */
  readonly files: readonly string[];
  readonly readBytes: number;
  readonly types: readonly WrittenType[];
  readonly method: string;
  /** Every parameter, including defaults; gradients and rules as given. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** By name of the input: the parameters that can differ by input, with the values used for it. */
  readonly inputParameters: Readonly<Record<string, Readonly<Record<string, ParameterValue>>>>;
  /** Over the whole model; merge-report.json has them by tensor and by layer. */
  readonly report: MergeTotals;
}

/** Numbers of a merge: of a tensor, a layer or the whole model. Deltas are relative to the base; null without one. */
export interface MergeTotals {
  /** ‖merged − base‖. */
  readonly norm: number | null;
  readonly inputs: readonly {
    readonly name: string;
    /** ‖input − base‖. */
    readonly norm: number | null;
    /** Between the two; null also if one of them is zero. */
    readonly cosine: number | null;
    /** Share of the weights moved by this input that a trim, mask or drop kept; null if the method has none. */
    readonly kept: number | null;
  }[];
  /** Share of the moved weights that the inputs move in both directions. */
  readonly signConflicts: number | null;
  /** ‖Δ − Δ'‖² / ‖Δ'‖² of the merged delta Δ and Δ', that of the same merge in full precision; null without one. */
  readonly difference: number | null;
}

export interface VerifyResult {
  readonly file: string;
  readonly bytes: number;
  /** Payloads checked. */
  readonly checked: number;
  /** One line for each damaged part, naming the tensor. Empty: the file is intact. */
  readonly damaged: readonly string[];
}

/** Work done so far; `done` reaches `total`. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is being worked on: a tensor's name. */
  readonly current: string;
}
