/** Recipes: plain data from the palette, the panel, a file or the command line. */
import type { CodecName } from '../shared/codecNames.ts';
import type { Message } from '../shared/translatable.ts';

export type Scheme = 'fq' | 'tvq' | 'rtvq';

export interface NamedPath {
  /** The task's name in the .tvq file. */
  readonly name: string;
  /** A file of weights, or a folder with one or with a shard index. */
  readonly path: string;
}

/** How tensors of fine-tuned models are renamed before they are matched with the base's. */
export interface NameRule {
  /** A regular expression; what it finds first in a name is replaced. */
  readonly from: string;
  /** The text in its place; `$1` is what the first group has found. */
  readonly to: string;
}

/** A wish for some tensors under a budget. If several rules match, the last one that sets a field wins. */
export interface TensorRule {
  /** A glob over the whole name, or a /regular expression/ over any part. */
  readonly tensors: string;
  /** A task's name; all tasks if omitted. */
  readonly task?: string | undefined;
  /** Bits per weight that the tensor gets whatever the budget, `exact`, or what the budget gives (`auto`). */
  readonly bits?: number | 'exact' | 'auto' | undefined;
  /** Bounds on the bits per weight that the budget may give. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** Factors for tensors' errors; both multiply, and a tensor that is not named has factor 1. */
export interface TensorWeights {
  /** By glob or /regular expression/; the first match wins. */
  readonly patterns?: readonly (readonly [pattern: string, weight: number])[] | undefined;
  /** By name, such as from a Fisher diagonal. */
  readonly tensors?: Readonly<Record<string, number>> | undefined;
}

/** A quantization: the same plain data from the palette, the panel, a file or the command line. */
export interface QuantizeRecipe {
  readonly kind: 'quantize';
  readonly base: string;
  readonly tasks: readonly NamedPath[];
  readonly output: string;
  readonly scheme: Scheme;
  /** Bits per weight of task vectors (tvq), whole models (fq) or offsets (rtvq), 1 to 8. */
  readonly bits: number;
  /** Bits per weight of the shared base vector; rtvq only. */
  readonly baseBits: number;
  /** How codes are made; default: `minmax`, or `entropy` under a budget. */
  readonly codec?: CodecName | undefined;
  /** Values that share a scale: 32, 64, 128, 256, or 0 for one scale per tensor. Not for `minmax` and `entropy`. */
  readonly groupSize?: 0 | 32 | 64 | 128 | 256 | undefined;
  /** Which tensors always stay exact: `vectors` (one-dimensional ones), or those of the `published` code. */
  readonly keepRule: 'vectors' | 'published';
  /** Share of each quantized tensor's values, those of smallest magnitude, that become zero first; tvq only. */
  readonly prune?: number | undefined;
  /** The size of the whole file, or its relative error, in `parseBudget`'s format: every tensor then gets the bits that
   * lose least, and `bits` is ignored. Not with fq. */
  readonly budget?: string | undefined;
  /** How much an error in each tensor matters when the budget is spent. */
  readonly sensitivity?: 'relative' | 'energy' | 'depth' | undefined;
  /** Under a budget: of the original's length along it (unbiased, the default), or as close to it as possible. */
  readonly reconstruction?: 'unbiased' | 'nearest' | undefined;
  /** Under a budget: wishes for single tensors. */
  readonly rules?: readonly TensorRule[] | undefined;
  /** Under a budget: factors for the errors of single tensors, on top of the sensitivity. */
  readonly weights?: TensorWeights | undefined;
  /** Changes of the tasks' names of tensors, each on what the one before has made. */
  readonly map?: readonly NameRule[] | undefined;
  /** Regular expressions; tensors whose name matches one are stored exactly. */
  readonly keep: readonly string[];
  /** Whether config, tokenizer and other small files of the tasks are stored too; default: true. */
  readonly files?: boolean | undefined;
  readonly overwrite: boolean;
}

/** What a model can be written in; shared/outputForms.ts says where. */
export type OutputDtype = 'F32' | 'F16' | 'BF16' | 'F8_E4M3' | 'Q8_0';

export interface RestoreRecipe {
  readonly kind: 'restore';
  readonly source: string;
  readonly base: string | undefined;
  readonly task: string;
  /** A folder, or a file: .safetensors or .gguf. */
  readonly output: string;
  /** undefined: each tensor in the dtype of the fine-tuned checkpoint. */
  readonly dtype: OutputDtype | undefined;
  readonly overwrite: boolean;
  /** Apply to a base whose fingerprint differs. */
  readonly force: boolean;
  /** Write NaN and infinity where they occur, and count them. */
  readonly allowNonfinite: boolean;
}

/** An adapter (PEFT's LoRA) that changes the base as nearly as possible to a fine-tuned model. */
export interface ExtractRecipe {
  readonly kind: 'extract';
  /** A checkpoint, or a .tvq file. */
  readonly source: string;
  /** The task of a .tvq file; undefined: the only one. */
  readonly task: string | undefined;
  readonly base: string;
  /** A folder. */
  readonly output: string;
  /** The rank, or under `energy` and `size` the highest one. */
  readonly rank: number | undefined;
  /** The part of each tensor's ‖Δ‖² that its rank is to hold, up to 1. */
  readonly energy: number | undefined;
  /** Bytes of the adapter's weight file, spent where they hold most of the change. Not with `energy`; one of the three
   * is given. */
  readonly size: number | undefined;
  /** Of the factors; undefined: that of the base's tensor if it has 16 bits, else F32. */
  readonly dtype: 'F32' | 'F16' | 'BF16' | undefined;
  /** Regular expressions: only tensors whose name matches one of the first, if any, and none of the second. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly overwrite: boolean;
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

/** A number, or a list of numbers to interpolate over the layers (first: shallowest, last: deepest). */
export type Gradient = number | readonly number[];

export type ParameterScalar = Gradient | boolean | string;

/** A value, or rules tried in order: the first whose `filter` is absent or occurs in the tensor's name wins. */
export type ParameterValue =
  ParameterScalar | readonly { readonly filter: string | undefined; readonly value: ParameterScalar }[];

export interface MergeRecipe {
  readonly kind: 'merge';
  /** Needed by methods on task vectors, and by .tvq inputs. */
  readonly base: string | undefined;
  readonly inputs: readonly MergeInput[];
  /** Name of a method in the registry. */
  readonly method: string;
  /** By name; omitted parameters have their defaults. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Parameters of single inputs, in the order of `inputs`; omitted ones are taken from `parameters`. */
  readonly inputParameters: readonly Readonly<Record<string, ParameterValue>>[];
  /** LiNeS: scale the merged task vector from `alpha` in the first block to `alpha + beta` in the last. */
  readonly lines: { readonly alpha: number; readonly beta: number } | undefined;
  /** A folder, or a file: .safetensors or .gguf. */
  readonly output: string;
  /** undefined: that of the base, or else of the first input. */
  readonly dtype: OutputDtype | undefined;
  /**
   * What to do with a tensor that some input lacks, or has in another shape: fail; keep the base's; take that of the
   * first input that has it, with its config and tokenizer; if only its length differs in one dimension, cut it or fill
   * it up with the base's values to the base's size, and merge it; or leave it out.
   */
  readonly onMismatch: 'error' | 'base' | 'first' | 'rows' | 'skip';
  /** Changes of the checkpoints' names of tensors, but not of the base's (or first model's), one after the other. */
  readonly map?: readonly NameRule[] | undefined;
  /** Maximum bytes of a shard; a larger tensor gets its own shard. */
  readonly shardBytes: number;
  readonly overwrite: boolean;
  /** Reuse finished shards of an interrupted run of the same recipe. */
  readonly resume: boolean;
  /** Write NaN and infinity where they occur, and count them; plain sums also compute with those in the inputs. */
  readonly allowNonfinite: boolean;
  /** The text that the recipe was read from; it is kept beside the model, with paths relative to there. */
  readonly text: string | undefined;
  /** Where relative paths in `text` start. */
  readonly folder?: string | undefined;
  /**
   * For inputs from .tvq files, by name: the checkpoints they were made from. The report then has the difference from
   * the same merge in full precision. One for each such input, or none at all.
   */
  readonly compare: readonly NamedPath[];
}

/** A parameter of a merge method, as shown in help texts, pickers and pages. */
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

/** A merge method as offered to the user. */
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
  /** 0: one per core. */
  readonly threads: number;
  /** A folder where analyses are kept, so that another budget does not measure again; undefined: nowhere. */
  readonly cache?: string | undefined;
}
