/** What is measured before a budget is spent. */
import type { TensorKind } from './tvq.ts';

/** A tensor of the task vectors, as an analysis shows it. */
export interface AnalyzedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: TensorKind;
  /** Its layer; undefined outside the layers (embeddings, head). */
  readonly layer: Layer | undefined;
}

/** A layer (block) of one of a model's stacks of layers: an encoder's, a decoder's, a vision tower's. */
export interface Layer {
  /** The part before the layer's number in the names of its tensors: `model.layers`, `encoder.block`. */
  readonly stack: string;
  /** From 0. */
  readonly number: number;
  /** Layers of the stack. */
  readonly count: number;
}

/**
 * What every choice of bits costs every tensor of every task: the basis for spending a budget, in columns, so that it
 * fits in a page. A slot is one tensor of one task vector; its choices run from the previous slot's `end` to its own.
 */
export interface AnalysisTable {
  readonly tasks: readonly string[];
  readonly tensors: readonly AnalyzedTensor[];
  readonly slots: {
    /** Indices into `tensors` and `tasks`. */
    readonly tensor: ArrayLike<number>;
    readonly task: ArrayLike<number>;
    /** ‖τ‖². */
    readonly energy: ArrayLike<number>;
    /** Bytes of the tensor stored exactly. */
    readonly exactBytes: ArrayLike<number>;
    readonly end: ArrayLike<number>;
  };
  /** From wide to narrow within a slot. */
  readonly choices: {
    /** Nominal bits per weight: the width of the codes, or the rate of entropy-coded ones. */
    readonly bits: ArrayLike<number>;
    readonly bytes: ArrayLike<number>;
    /** ‖τ̂ − τ‖² of the reconstruction that the recipe asks for. */
    readonly error: ArrayLike<number>;
    /** Which choice of the shared vector's tensor it was measured with, from 0; absent without a shared vector. */
    readonly given?: ArrayLike<number> | undefined;
  };
  /** rtvq: the tensors of the shared vector, with a list of choices each; stored once for all tasks. */
  readonly shared?: SharedTable | undefined;
  /** Bytes of the file that no choice changes: its header, tensors stored exactly, and variances. */
  readonly fixedBytes: number;
  /** ‖τ̂ − τ‖² and ‖τ‖² of the variances, by task. */
  readonly fixedError: ArrayLike<number>;
  readonly fixedEnergy: ArrayLike<number>;
  /** Quantized weights · tasks: the basis of bits per weight. */
  readonly weights: number;
  /** All fine-tuned checkpoints in FP32. */
  readonly fp32Bytes: number;
}

/** The choices for the shared base vector of an rtvq file. */
export interface SharedTable {
  /** Index into the table's `tensors`. */
  readonly tensor: ArrayLike<number>;
  /** ‖b‖². */
  readonly energy: ArrayLike<number>;
  /** Where a tensor's choices end. */
  readonly end: ArrayLike<number>;
  readonly bits: ArrayLike<number>;
  readonly bytes: ArrayLike<number>;
  /** ‖b̂ − b‖², once. */
  readonly error: ArrayLike<number>;
}
