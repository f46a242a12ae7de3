/** What is asked for: plain data from the palette, the panel, a file or the command line. */
import type { CodecName } from '../shared/codecNames.ts';
import type { Message } from '../shared/translatable.ts';

export type Scheme = 'fq' | 'tvq' | 'rtvq';

export interface NamedPath {
  /** The task's name in the .tvq file. */
  readonly name: string;
  /** A .safetensors file, or a folder with one or with a shard index. */
  readonly path: string;
}

/** A wish for some tensors under a budget. Of several rules that match, the last one that names a field counts. */
export interface TensorRule {
  /** A glob over the whole name, or a /regular expression/ over any part. */
  readonly tensors: string;
  /** A task's name; all tasks when left out. */
  readonly task?: string | undefined;
  /** Bits a weight that the tensor gets whatever the budget, `exact`, or what the budget gives (`auto`). */
  readonly bits?: number | 'exact' | 'auto' | undefined;
  /** Bounds of the bits a weight that the budget may give. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** How many times a tensor's error counts; both multiply, a tensor that is not named counts once. */
export interface TensorWeights {
  /** By glob or /regular expression/; the first that matches counts. */
  readonly patterns?: readonly (readonly [pattern: string, weight: number])[] | undefined;
  /** By name, as a Fisher diagonal gives them. */
  readonly tensors?: Readonly<Record<string, number>> | undefined;
}

/** What was asked for: the same plain data from the palette, the panel, a file or the command line. */
export interface QuantizeRecipe {
  readonly kind: 'quantize';
  readonly base: string;
  readonly tasks: readonly NamedPath[];
  readonly output: string;
  readonly scheme: Scheme;
  /** Bits a weight of task vectors (tvq), whole models (fq) or offsets (rtvq), 1 to 8. */
  readonly bits: number;
  /** Bits a weight of the shared base vector; rtvq only. */
  readonly baseBits: number;
  /** How codes are made; left out: `minmax`, or `entropy` under a budget. */
  readonly codec?: CodecName | undefined;
  /** Values that share a scale: 32, 64, 128, 256, or 0 for one scale a tensor. Not for `minmax` and `entropy`. */
  readonly groupSize?: 0 | 32 | 64 | 128 | 256 | undefined;
  /** Which tensors stay exact whatever their names: `vectors` (one-dimensional ones), or those of the `published` code. */
  readonly keepRule: 'vectors' | 'published';
  /** Part of the values of each quantized tensor, those of smallest magnitude, that become zero first; tvq only. */
  readonly prune?: number | undefined;
  /** The size of the whole file, or its relative error, as `parseBudget` reads it: every tensor then gets the bits that
   * lose least, and `bits` does not count. Not with fq. */
  readonly budget?: string | undefined;
  /** What the budget is spent by: how much an error in each tensor matters. */
  readonly sensitivity?: 'relative' | 'energy' | 'depth' | undefined;
  /** Under a budget: as long along the original as it is (unbiased, the default), or as near to it as can be. */
  readonly reconstruction?: 'unbiased' | 'nearest' | undefined;
  /** Under a budget: wishes for single tensors. */
  readonly rules?: readonly TensorRule[] | undefined;
  /** Under a budget: how many times the error of single tensors counts, on top of the sensitivity. */
  readonly weights?: TensorWeights | undefined;
  /** Regular expressions; tensors whose name matches one are stored exactly. */
  readonly keep: readonly string[];
  /** Whether config, tokenizer and other small files of the tasks are stored too; left out: true. */
  readonly files?: boolean | undefined;
  readonly overwrite: boolean;
}

export interface RestoreRecipe {
  readonly kind: 'restore';
  readonly source: string;
  readonly base: string | undefined;
  readonly task: string;
  /** A .safetensors file or a folder. */
  readonly output: string;
  /** undefined: each tensor in the dtype of the fine-tuned checkpoint. */
  readonly dtype: 'F32' | 'F16' | 'BF16' | undefined;
  readonly overwrite: boolean;
  /** Apply to a base whose fingerprint differs. */
  readonly force: boolean;
  /** Write NaN and infinity where they come out, and count them. */
  readonly allowNonfinite: boolean;
}

/** One model, or one task of a .tvq file, that goes into a merge. */
export interface MergeInput {
  /** Unique within the recipe; also the name in reports. */
  readonly name: string;
  /** A checkpoint, or a .tvq file. */
  readonly path: string;
  /** The task of a .tvq file; undefined for a checkpoint. */
  readonly task: string | undefined;
}

/** A number, or a list of numbers that are interpolated over the layers (first: shallowest, last: deepest). */
export type Gradient = number | readonly number[];

export type ParameterScalar = Gradient | boolean | string;

/** A value, or rules tried in order: the first whose `filter` occurs in the tensor's name (or is absent) counts. */
export type ParameterValue =
  ParameterScalar | readonly { readonly filter: string | undefined; readonly value: ParameterScalar }[];

export interface MergeRecipe {
  readonly kind: 'merge';
  /** Needed by methods on task vectors, and by .tvq inputs. */
  readonly base: string | undefined;
  readonly inputs: readonly MergeInput[];
  /** Name of a method in the registry. */
  readonly method: string;
  /** By name; parameters that are left out have their defaults. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Parameters of single inputs, in the order of `inputs`; what is left out there is taken from `parameters`. */
  readonly inputParameters: readonly Readonly<Record<string, ParameterValue>>[];
  /** LiNeS: scale the merged task vector from `alpha` in the first block to `alpha + beta` in the last. */
  readonly lines: { readonly alpha: number; readonly beta: number } | undefined;
  /** A folder, or a .safetensors file. */
  readonly output: string;
  /** undefined: that of the base, or of the first input. */
  readonly dtype: 'F32' | 'F16' | 'BF16' | undefined;
  /**
   * What becomes of a tensor that some input lacks, or has in another shape: an error; the base's is kept; that of the
   * first input that has it is taken, with its config and tokenizer; or it is left out.
   */
  readonly onMismatch: 'error' | 'base' | 'first' | 'skip';
  /** Bytes of a shard at most; a larger tensor has a shard of its own. */
  readonly shardBytes: number;
  readonly overwrite: boolean;
  /** Take over finished shards of an interrupted run of the same recipe. */
  readonly resume: boolean;
  /** Write NaN and infinity where they come out, and count them; plain sums also compute with those of the inputs. */
  readonly allowNonfinite: boolean;
  /** What the recipe was read from; it is kept beside the model, with paths that lead from there. */
  readonly text: string | undefined;
  /** Where relative paths in `text` start. */
  readonly folder?: string | undefined;
  /**
   * By the names of inputs from .tvq files: the checkpoints that they were made from. The report then has the
   * difference from the same merge in full precision. One for each such input, or none at all.
   */
  readonly compare: readonly NamedPath[];
}

/** A parameter of a merge method, as help texts, pickers and pages show it. */
export interface MergeParameter {
  readonly name: string;
  readonly type: 'number' | 'integer' | 'boolean' | 'choice';
  readonly default: number | boolean | string;
  /** Bounds of a number, both included. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  /** Whether each input has its own value. */
  readonly perInput: boolean;
  /** One sentence. */
  readonly meaning: Message;
}

/** A merge method as it is offered. */
export interface MergeMethodInfo {
  readonly name: string;
  readonly title: string;
  /** `vectors`: combines task vectors on a base; `models`: combines whole models; `spectral`: by SVD. */
  readonly family: 'vectors' | 'models' | 'spectral';
  /** One sentence. */
  readonly meaning: Message;
  /** Paper, and which variant of it this is. */
  readonly variant: string;
  readonly parameters: readonly MergeParameter[];
  readonly base: 'required' | 'optional' | 'unused';
  readonly minimumInputs: number;
  readonly maximumInputs: number | undefined;
}

export interface RunOptions {
  readonly backend: 'auto' | 'cpu' | 'webgpu';
  /** Bytes the engine may use. */
  readonly memory: number;
  /** 0: one a core. */
  readonly threads: number;
  /** A folder where analyses are kept, so that another budget need not measure again; undefined: nowhere. */
  readonly cache?: string | undefined;
}
