/** What a .tvq file is, from its header. */
import type { Scheme } from './recipes.ts';
import type { TensorCounts } from './results.ts';

export interface TvqVectorSummary {
  /** Bytes of its own payloads. */
  readonly bytes: number;
  /** Mean bits per quantized weight; 0 if there are none. */
  readonly bits: number;
  /** ‖τ − τ̂‖² / ‖τ‖² over its quantized tensors; undefined if there are none. */
  readonly relativeError: number | undefined;
}

export interface TvqTask extends TvqVectorSummary {
  readonly name: string;
  readonly fingerprint: string;
  /** Name of the fine-tuned checkpoint's folder or file. */
  readonly checkpoint: string;
}

/** Bytes of some tensors, for the charts. */
export interface ByteGroup {
  /** A kind of tensor, a layer's number (`outside`: in no layer, `deeper`: beyond those listed), or a codec with its bits. */
  readonly group: string;
  readonly codes: number;
  readonly exact: number;
}

export type TensorKind =
  'attention' | 'mlp' | 'norm' | 'embedding' | 'head' | 'convolution' | 'bias' | 'other';

/** What a .tvq file is, from its header; also what `tvq inspect --json` prints for one. */
export interface TvqSummary {
  readonly kind: 'tvq';
  readonly file: string;
  readonly bytes: number;
  readonly formatVersion: number;
  readonly tool: string;
  /** ISO 8601. */
  readonly created: string;
  readonly scheme: Scheme;
  /** Of every quantized tensor; undefined if each has its own. */
  readonly bits: number | undefined;
  readonly baseBits: number | undefined;
  readonly base: { readonly name: string; readonly fingerprint: string };
  readonly tasks: readonly TvqTask[];
  /** Tasks that need a later version of this tool, with what this version does not know about them. */
  readonly unreadable: readonly { readonly name: string; readonly why: string }[];
  /** The shared base vector of an rtvq file. */
  readonly shared: TvqVectorSummary | undefined;
  /** All bytes of the file × 8 / (quantized parameters × tasks). */
  readonly bitsPerWeight: number;
  /** Parameters of one fine-tuned checkpoint. */
  readonly parameters: number;
  /** All fine-tuned checkpoints as FP32. */
  readonly fp32Bytes: number;
  readonly tensors: TensorCounts;
  readonly parts: {
    readonly codes: number;
    readonly scales: number;
    readonly exact: number;
    readonly files: number;
    readonly header: number;
  };
  /** Configuration, tokenizer and other small files of the tasks. */
  readonly files: readonly TvqFileSummary[];
  /** By kind of tensor (attention, MLP, norm, embedding, …), the largest first. */
  readonly groups: readonly ByteGroup[];
  /** By layer, from the shallowest. */
  readonly layers: readonly ByteGroup[];
  /** By codec, the largest first. */
  readonly codecs: readonly ByteGroup[];
  /** Rows of the tensor table without a filter. */
  readonly rows: number;
  readonly recipe: unknown;
}

/** A file beside the weights of some tasks; `__metadata__` is that in the weight file's header. */
export interface TvqFileSummary {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly bytes: number;
  /** Where restoring takes it from: this file, the base model, which has the same, or nowhere, as it was too large. */
  readonly from: 'file' | 'base' | 'none';
  /** Compressed, in this file. */
  readonly storedBytes: number;
}
