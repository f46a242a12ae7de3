/**
 * Every message between the extension host, the engine process and the webviews. Types only: this file has no
 * run-time import, so each side can use it. Amounts are bytes and counts; names are as the checkpoint has them.
 */

/** A sentence that stands in the source, and is translated where it is shown: `translatable` makes one. */
export type Message = string & { readonly isMessage: true };

// ---------------------------------------------------------------------------------------------- recipes

export type Scheme = 'fq' | 'tvq' | 'rtvq';

export interface NamedPath {
  /** The task's name in the .tvq file. */
  readonly name: string;
  /** A .safetensors file, or a folder with one or with a shard index. */
  readonly path: string;
}

/**
 * How numbers become codes. `minmax`: the published quantizer, affine over a tensor's range. Of fixed width, a table of
 * values times a scale a tensor or group: `clip` (uniform, the range that errs least), `gaussian` (Lloyd–Max for normal
 * values), `lloyd-max` (fitted to the tensor), `hadamard` (rotated in blocks, then `gaussian`). `entropy`: a lattice over
 * rotated values, entropy-coded, at any rate.
 */
export type CodecName = 'minmax' | 'clip' | 'gaussian' | 'lloyd-max' | 'hadamard' | 'entropy';

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

// ---------------------------------------------------------------------------------------------- engine

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** A plan as it is shown: everything that is known before a byte of a tensor is read. */
export interface PlanSummary {
  readonly output: string;
  /** Bytes of the file that will be written; never more, less when tensors turn out unchanged. */
  readonly bytes: number;
  /** false under an error budget: `bytes` is then no more than a bound, the size is known after measuring. */
  readonly sizeKnown: boolean;
  /** Bytes of the fine-tuned checkpoints as FP32. */
  readonly fp32Bytes: number;
  readonly bitsPerWeight: number;
  /** Bytes that will be read. */
  readonly readBytes: number;
  /** Bytes of memory the run needs. */
  readonly memory: number;
  readonly tasks: readonly string[];
  readonly tensors: TensorCounts;
  /** What becomes of all task tensors, and why. */
  readonly fates: readonly TensorFate[];
  readonly problems: readonly Problem[];
}

/** Task tensors by how they are stored. */
export interface TensorCounts {
  readonly quantized: number;
  /** Stored exactly. */
  readonly kept: number;
  /** Equal to the base, or a constant away from it: no payload. */
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

export interface QuantizeResult {
  readonly output: string;
  readonly bytes: number;
  readonly fp32Bytes: number;
  readonly bitsPerWeight: number;
  readonly tasks: readonly string[];
  readonly tensors: TensorCounts;
  /** ‖τ − τ̂‖² / ‖τ‖² over the quantized tensors of each task, in the order of `tasks`. */
  readonly relativeErrors: readonly number[];
  readonly seconds: number;
  readonly readBytes: number;
  readonly backend: 'cpu' | 'webgpu';
  /** Why this backend, in a sentence. */
  readonly backendReason: string;
  readonly warnings: readonly string[];
}

export interface RestoreResult {
  readonly output: string;
  readonly bytes: number;
  readonly tensors: number;
  readonly seconds: number;
  readonly backend: 'cpu' | 'webgpu';
  readonly backendReason: string;
  readonly warnings: readonly string[];
}

/** Tensors of which the same becomes for the same reason. */
export interface TensorFate {
  readonly fate: 'merged' | 'copied' | 'quantized' | 'kept' | 'left out';
  /** In a few words. */
  readonly why: string;
  readonly tensors: number;
  readonly weights: number;
  /** The first few. */
  readonly names: readonly string[];
}

/** A merge plan as it is shown. */
export interface MergePlanSummary {
  readonly output: string;
  /** Bytes of the weight files that will be written. */
  readonly bytes: number;
  readonly readBytes: number;
  /** Bytes of memory the run needs. */
  readonly memory: number;
  /** Every parameter, defaults written out; gradients and rules as they were given. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Tensors merged, and taken as they are. */
  readonly tensors: { readonly merged: number; readonly copied: number };
  /** What becomes of all of them, and why. */
  readonly fates: readonly TensorFate[];
  readonly problems: readonly Problem[];
}

export interface MergeResult {
  readonly output: string;
  /** The weight files, relative to the output, and their bytes. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly method: string;
  /** Every parameter, defaults written out; gradients and rules as they were given. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** By name of the input, those of which each has its own, as they count for it. */
  readonly inputParameters: Readonly<Record<string, Readonly<Record<string, ParameterValue>>>>;
  readonly seconds: number;
  readonly backend: 'cpu' | 'webgpu';
  readonly backendReason: string;
  /** Over the whole model; merge-report.json has them by tensor and by layer. */
  readonly report: MergeTotals;
  readonly warnings: readonly string[];
}

/** Numbers of a merge: of a tensor, a layer or the whole model. Deltas are counted from the base; without one, null. */
export interface MergeTotals {
  /** ‖merged − base‖. */
  readonly norm: number | null;
  readonly inputs: readonly {
    readonly name: string;
    /** ‖input − base‖. */
    readonly norm: number | null;
    /** Between the two; null also where one of them is zero. */
    readonly cosine: number | null;
    /** Share of the weights that this input moves which a trim, a mask or a drop kept; null where the method has none. */
    readonly kept: number | null;
  }[];
  /** Share of the moved weights that the inputs move in both directions. */
  readonly signConflicts: number | null;
  /** ‖Δ − Δ'‖² / ‖Δ'‖² of the merged delta Δ and that of the same merge in full precision, Δ'; null without one. */
  readonly difference: number | null;
}

export interface VerifyResult {
  readonly file: string;
  readonly bytes: number;
  /** Payloads checked. */
  readonly checked: number;
  /** A line for each damaged part, naming the tensor. Empty: the file is whole. */
  readonly damaged: readonly string[];
}

/** Work done so far; `done` reaches `total`. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is being worked on: a tensor's name. */
  readonly current: string;
}

/** JSON-RPC code of a job that did not begin, because its output is there already or somebody writes it. */
export const OUTPUT_TAKEN = 3;

/**
 * Requests the engine process answers over vscode-jsonrpc: the method's name is the key, its parameters the
 * argument list, and a CancellationToken cancels the long ones. `job` names the job in `tvq/progress`.
 */
export interface EngineApi {
  devices(options: RunOptions): DevicesReport;
  plan(recipe: QuantizeRecipe, options: RunOptions): PlanSummary;
  /** Plans of several recipes, each checkpoint's header being read once. */
  planAll(recipes: readonly QuantizeRecipe[], options: RunOptions): readonly PlanSummary[];
  /** Measures what a budget can be spent on; a recipe without a budget is taken as one with. Writes nothing. */
  analyze(recipe: QuantizeRecipe, options: RunOptions, job: string): AnalysisTable;
  quantize(recipe: QuantizeRecipe, options: RunOptions, job: string): QuantizeResult;
  restore(recipe: RestoreRecipe, options: RunOptions, job: string): RestoreResult;
  verify(file: string, job: string): VerifyResult;
  /** What one tensor of a .tvq file holds, from its payload alone. */
  tensorDetail(file: string, vector: string, tensor: string): TensorDetail;
  /** What a shared base vector of the recipe's tasks would cost: a table of that one vector. Writes nothing. */
  analyzeShared(recipe: QuantizeRecipe, options: RunOptions, job: string): AnalysisTable;
  /** @param most tensors to compare by, spread evenly over the model; undefined: all */
  compareTasks(
    vectors: TaskVectors,
    most: number | undefined,
    options: RunOptions,
    job: string,
  ): TaskComparisons;
  /** The merge methods that there are. */
  methods(): readonly MergeMethodInfo[];
  planMerge(recipe: MergeRecipe, options: RunOptions): MergePlanSummary;
  merge(recipe: MergeRecipe, options: RunOptions, job: string): MergeResult;
}

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
  /** What stands before the layer's number in the names of its tensors: `model.layers`, `encoder.block`. */
  readonly stack: string;
  /** From 0. */
  readonly number: number;
  /** Layers of the stack. */
  readonly count: number;
}

/**
 * What every choice of bits costs every tensor of every task: what a budget is spent by, in columns, so that a page
 * can hold it. A slot is one tensor of one task vector; its choices are those from `end` of the slot before to its own.
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
    /** Nominal bits a weight: the width of the codes, or the rate of entropy-coded ones. */
    readonly bits: ArrayLike<number>;
    readonly bytes: ArrayLike<number>;
    /** ‖τ̂ − τ‖² of the reconstruction that the recipe asks for. */
    readonly error: ArrayLike<number>;
    /** Which choice of the shared vector's tensor it was measured with, from 0; left out where there is none. */
    readonly given?: ArrayLike<number> | undefined;
  };
  /** rtvq: the tensors of the shared vector, with a list of choices each; stored once for all tasks. */
  readonly shared?: SharedTable | undefined;
  /** Bytes of the file that no choice changes: its header, tensors stored exactly or in 8 bits. */
  readonly fixedBytes: number;
  /** ‖τ̂ − τ‖² and ‖τ‖² of the tensors in 8 bits, by task. */
  readonly fixedError: ArrayLike<number>;
  readonly fixedEnergy: ArrayLike<number>;
  /** Quantized weights · tasks: what bits a weight are counted over. */
  readonly weights: number;
  /** All fine-tuned checkpoints in FP32. */
  readonly fp32Bytes: number;
}

/** What the shared base vector of an rtvq file may be. */
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

/** Parameter of the engine's `tvq/progress` notification. */
export interface ProgressNotification extends Progress {
  readonly job: string;
}

// ----------------------------------------------------------------------------------------------- studio

/** What a Studio panel is about: a base model and what was fine-tuned from it. */
export interface StudioSelection {
  readonly base: NamedPath;
  /** With their checkpoints. A task of `source` whose checkpoint is not known has the path of `source`. */
  readonly tasks: readonly NamedPath[];
  /** The .tvq file that the task vectors come from; left out: from the checkpoints. */
  readonly source?: string | undefined;
  /** What the page shows first: what a .tvq file was made with. */
  readonly start?: StudioOrder | undefined;
  /** What `start` leaves out, in a sentence; told once. */
  readonly note?: string | undefined;
}

/** What is to be quantized: exactly what the page shows. */
export interface StudioOrder extends Pick<QuantizeRecipe, 'sensitivity'> {
  /** As `parseBudget` reads it. */
  readonly budget: string;
  readonly rules: readonly TensorRule[];
}

/** The size that a fixed scheme would have, for comparison. */
export interface StudioMark {
  /** "TVQ INT3". */
  readonly label: string;
  readonly bytes: number;
}

/** What the Studio's page asks of the host. Long work can be cancelled and then answers undefined. */
export interface StudioHost extends StudioMergeHost {
  /** Called once the page listens: the models that the panel was opened for; undefined when none were chosen yet. */
  open(): Promise<StudioSelection | undefined>;
  /** Asks the user for other models; undefined when they keep these. */
  choose(): Promise<StudioSelection | undefined>;
  /** Measures the selection, once; columns are typed arrays. */
  analyze(): Promise<AnalysisTable | undefined>;
  /** Measures what a shared base vector of the tasks would cost, once: a table of one vector. */
  analyzeShared(): Promise<AnalysisTable | undefined>;
  /** How the task vectors lie to each other. @param most tensors to compare by; undefined: all */
  compare(most: number | undefined): Promise<TaskComparisons | undefined>;
  /** Ends a measurement or a quantization that runs. */
  cancel(): Promise<void>;
  /** Sizes of the published schemes. */
  marks(): Promise<readonly StudioMark[]>;
  /** What the engine computes with. */
  device(): Promise<Pick<DevicesReport, 'chosen' | 'reason'>>;
  /** Asks for a name and writes the file; undefined when cancelled. */
  quantize(order: StudioOrder): Promise<QuantizeResult | undefined>;
  /** Opens a file that this panel has written. */
  openResult(output: string): Promise<void>;
  /** Puts the equal command line on the clipboard. */
  copyCommand(order: StudioOrder): Promise<void>;
}

/** What the host tells the Studio's page. */
export interface StudioPage extends StudioMergePage {
  progress(progress: Progress): void;
  /** Models that are not as they were measured, by their names; none: they are again. `analyze` measures them anew. */
  stale(names: readonly string[]): void;
}

// ------------------------------------------------------------------------------------------ checkpoints

/** One checkpoint as discovery sees it, from headers alone. */
export interface CheckpointSummary {
  readonly kind: 'checkpoint';
  /** Last part of its path. */
  readonly name: string;
  /** The folder, or the file when it stands alone. */
  readonly path: string;
  readonly files: readonly string[];
  readonly bytes: number;
  readonly parameters: number;
  /** Dtypes with their parameter counts, largest first. */
  readonly dtypes: readonly { readonly dtype: string; readonly parameters: number }[];
  readonly tensors: number;
  /** Equal for checkpoints with the same tensor names and shapes. */
  readonly architecture: string;
  /** `architectures[0]` or `model_type` of config.json. */
  readonly model: string | undefined;
  /** What whoever uses it should know, a line each. */
  readonly notes: readonly string[];
  /** What it is where it is an adapter rather than a model. */
  readonly adapter: string | undefined;
}

// ------------------------------------------------------------------------------------------- inspector

export interface TvqVectorSummary {
  /** Bytes of its own payloads. */
  readonly bytes: number;
  /** Mean bits of a quantized weight; 0 when there are none. */
  readonly bits: number;
  /** ‖τ − τ̂‖² / ‖τ‖² over its quantized tensors; undefined when there are none. */
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
  /** Of every quantized tensor; undefined where each has its own. */
  readonly bits: number | undefined;
  readonly baseBits: number | undefined;
  readonly base: { readonly name: string; readonly fingerprint: string };
  readonly tasks: readonly TvqTask[];
  /** Tasks that need a later version of this tool, with what it does not know of them. */
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

/** A file beside the weights of some tasks; `__metadata__` is that of the weight file's header. */
export interface TvqFileSummary {
  readonly name: string;
  readonly tasks: readonly string[];
  readonly bytes: number;
  /** Where restoring takes it from: this file, the base model that has the same, or nowhere, as it was too large. */
  readonly from: 'file' | 'base' | 'none';
  /** Compressed, in this file. */
  readonly storedBytes: number;
}

export type TensorColumn = 'tensor' | 'vector' | 'shape' | 'codec' | 'bits' | 'bytes' | 'error';

/** One row of the tensor table: one tensor of one task, or of the shared base vector. */
export interface TensorRow {
  readonly tensor: string;
  /** The task's name; `@shared` for the shared base vector. */
  readonly vector: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** affine, exact, constant, same, absent. */
  readonly codec: string;
  /** undefined where there are no codes. */
  readonly bits: number | undefined;
  readonly bytes: number;
  /** ‖x − x̂‖² / ‖x‖² of this vector's tensor; undefined where nothing was quantized. */
  readonly error: number | undefined;
}

export interface TensorQuery {
  /** Words that must all occur in the tensor's or vector's name, case-insensitive. */
  readonly search: string;
  readonly sort: TensorColumn;
  readonly descending: boolean;
  readonly first: number;
  /** At most 1000 rows are returned. */
  readonly count: number;
}

export interface TensorPage {
  /** Rows that match the search. */
  readonly total: number;
  readonly first: number;
  readonly rows: readonly TensorRow[];
}

/** A named number of a codec: what turns codes back into values. */
export interface CodecFact {
  readonly name: string;
  readonly value: number;
  /** One sentence. */
  readonly meaning: Message;
}

/** How often each value of a range occurs. */
export interface Histogram {
  /** Lower edge of the first bin and upper edge of the last. */
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

/** A matrix, down-sampled: magnitudes of the values of each cell, row by row. */
export interface TensorMap {
  /** At most 64 each. */
  readonly rows: number;
  readonly columns: number;
  /** Of the whole tensor; dimensions behind the first are one. */
  readonly tensorRows: number;
  readonly tensorColumns: number;
  readonly mean: readonly number[];
  readonly max: readonly number[];
}

/** The values of a tensor; NaN and infinities are counted and left out of everything else. */
export interface TensorValues {
  readonly count: number;
  readonly zeros: number;
  readonly nonFinite: number;
  readonly mean: number;
  readonly deviation: number;
  /** 64 bins over the finite values; one where all are the same. */
  readonly histogram: Histogram;
  readonly map: TensorMap;
}

/** What one tensor of one vector of a .tvq file holds. */
export interface TensorDetail {
  readonly tensor: string;
  readonly vector: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly codec: string;
  readonly bytes: number;
  /** ‖x − x̂‖² / ‖x‖² as it was measured when it was quantized. */
  readonly error: number | undefined;
  readonly facts: readonly CodecFact[];
  /** From the lowest to the highest code that occurs, one bin each; undefined where there are no codes. */
  readonly codes: Histogram | undefined;
  /** What the values are: a restored task vector, or weights where the file has no task vector of this tensor. */
  readonly meaning: 'task vector' | 'weights';
  /** undefined where the file has no values of it (`same`, `absent`), or whole numbers. */
  readonly values: TensorValues | undefined;
}

/** Where task vectors are: quantized in a .tvq file, or as the differences of checkpoints from their base. */
export type TaskVectors =
  { readonly file: string } | { readonly base: string; readonly tasks: readonly NamedPath[] };

/** How task vectors lie to each other: matrices by task, over the tensors that all have. */
export interface TaskComparisons {
  readonly tasks: readonly string[];
  /** Tensors compared, and those that could have been. */
  readonly tensors: number;
  readonly comparable: number;
  /** Tensors that some task lacks, or has in another shape; of a file, those stored exactly or moved by no task too. */
  readonly leftOut: number;
  /** Weights compared. */
  readonly weights: number;
  /** ‖τ‖ over the compared tensors. */
  readonly norms: readonly number[];
  /** null where one of the two is zero. */
  readonly cosines: readonly (readonly (number | null)[])[];
  /** Share of the weights that both move which they move in one direction; null where they move none together. */
  readonly agreement: readonly (readonly (number | null)[])[];
  /** Share of all weights that both move. */
  readonly together: readonly (readonly number[])[];
}

/** A file as it is shown, and what can be done with it here. */
export interface OpenedTvq {
  readonly summary: TvqSummary;
  /** Whether the Studio is there to take the file. */
  readonly studio: boolean;
  /** What was found before, as long as the file stays as it is. */
  readonly verified: VerifyOutcome | undefined;
  readonly compared: TaskComparisons | undefined;
}

/** What verifying a file found. */
export interface VerifyOutcome {
  /** Payloads checked. */
  readonly checked: number;
  /** A line for each damaged part, the first hundred; none: the file is whole. */
  readonly damaged: readonly string[];
  readonly damagedCount: number;
}

/** Work that a page starts, follows and stops. */
export type InspectorWork = 'detail' | 'verify' | 'compare';

/** A file that a page made of a chart or a table. */
export interface ExportedFile {
  /** Suggested name, without folders and with its ending. */
  readonly name: string;
  readonly kind: 'png' | 'svg' | 'csv';
  /** A PNG as base64; of the others the text. */
  readonly data: string;
}

/** Where a page's exports go. */
export interface ExportHost {
  /** Asks for a name and writes the file; false when the dialog was cancelled. */
  saveFile(file: ExportedFile): Promise<boolean>;
}

/** What the inspector's page asks of the host (birpc over postMessage). Work that is cancelled resolves to undefined. */
export interface InspectorHost extends ExportHost {
  /** Called once the page listens; the answer is the initial state. Rejects with a readable message. */
  open(): Promise<OpenedTvq>;
  tensors(query: TensorQuery): Promise<TensorPage>;
  /** Writes every matching row as CSV through a save dialog. */
  exportCsv(query: TensorQuery): Promise<void>;
  /** A second call ends the first. */
  detail(vector: string, tensor: string): Promise<TensorDetail | undefined>;
  verify(): Promise<VerifyOutcome | undefined>;
  /** Kept as long as the file stays as it is. */
  compare(most: number | undefined): Promise<TaskComparisons | undefined>;
  cancel(work: InspectorWork): Promise<void>;
  /** Opens the Studio with this file's base, tasks and settings. */
  openStudio(): Promise<void>;
}

/** What the host tells the inspector's page. */
export interface InspectorPage {
  /** The file changed on disk: ask again. */
  reload(): void;
  progress(work: InspectorWork, progress: Progress): void;
}

// -------------------------------------------------------------------------------------- studio: merge tab

/** What was chosen on the page; the host knows the selection that it is for. */
export interface StudioMergeChoices {
  /** Name of a method in the registry. */
  readonly method: string;
  /** Names of the tasks that are merged. */
  readonly tasks: readonly string[];
  /** By name, what differs from the defaults. */
  readonly parameters: Readonly<Record<string, ParameterScalar>>;
  /** By task, then by parameter; these win over `parameters`. */
  readonly taskParameters: Readonly<Record<string, Readonly<Record<string, ParameterScalar>>>>;
  /** What becomes of tensors that some model lacks or has in another shape. */
  readonly onMismatch: MergeRecipe['onMismatch'];
  /** Whether the same merge is made of the checkpoints too, for the difference from full precision. */
  readonly compare: boolean;
  /** The folder to be written; undefined: the one that the host proposes. */
  readonly output: string | undefined;
}

/** What is known before anything is merged. Faults are among the problems. */
export interface StudioMergePlan {
  /** The folder to be written, and how it is shown. */
  readonly output: string;
  readonly outputName: string;
  /** Bytes of the weight files, and of memory; undefined where a fault forbids a plan. */
  readonly bytes: number | undefined;
  readonly memory: number | undefined;
  /** Judged by earlier merges on this machine; undefined before the first. */
  readonly seconds: number | undefined;
  readonly problems: readonly Problem[];
}

/** Numbers of a layer of one of the model's stacks of layers; null for both is everything outside the layers. */
export interface LayerTotals extends MergeTotals {
  /** What stands before the layer's number in the names of its tensors. */
  readonly stack: string | null;
  readonly layer: number | null;
}

/** merge-report.json without its tensors. */
export interface StudioMergeReport extends Pick<MergeResult, 'method' | 'parameters' | 'inputParameters'> {
  readonly model: MergeTotals;
  readonly layers: readonly LayerTotals[];
}

/** A number of the user's own evaluation; names of nested objects are joined with dots. */
export interface StudioMetric {
  readonly name: string;
  readonly value: number;
}

/** A merge that was made: a column of the results. */
export interface StudioMerged {
  /** The folder; no two merges have the same. */
  readonly output: string;
  /** How the folder is shown. */
  readonly name: string;
  readonly bytes: number;
  readonly seconds: number;
  /** `source` of the selection: the .tvq file that it was made from; undefined: from checkpoints. */
  readonly source: string | undefined;
  /** Empty until it is evaluated. */
  readonly metrics: readonly StudioMetric[];
  /** Read from the folder; undefined with the reason in `fault` where that is not possible. */
  readonly report: StudioMergeReport | undefined;
  readonly fault: string | undefined;
}

/** A merge or an evaluation that runs, or how the last one ended where it gave nothing. */
export interface StudioMergeActivity {
  readonly state: 'running' | 'cancelled' | 'failed';
  readonly output: string;
  /** How the folder is shown. */
  readonly name: string;
  /** Why it failed. */
  readonly message?: string | undefined;
}

/** Everything of the Merge tab that happens in the host, and outlives the page. */
export interface StudioMergeSession {
  /** Those on the selection's base, oldest first. */
  readonly merges: readonly StudioMerged[];
  readonly merging: StudioMergeActivity | undefined;
  readonly evaluating: StudioMergeActivity | undefined;
  /** Why nothing can be evaluated: no command is set, or the workspace is not trusted. */
  readonly evaluation: 'ready' | 'unset' | 'restricted';
}

/** What the Merge tab asks of the host. Every call rejects with a readable message. */
export interface StudioMergeHost extends ExportHost {
  mergeMethods(): Promise<readonly MergeMethodInfo[]>;
  mergeSession(): Promise<StudioMergeSession>;
  planMerge(choices: StudioMergeChoices): Promise<StudioMergePlan>;
  /** Resolves once it is started; what becomes of it is told by `mergeChanged`. */
  startMerge(choices: StudioMergeChoices): Promise<void>;
  cancelMerge(): Promise<void>;
  /** Asks for a folder; undefined when cancelled. */
  chooseMergeOutput(proposed: string): Promise<string | undefined>;
  /** Runs the user's evaluation command on a merge; told by `mergeChanged`. */
  startEvaluation(output: string): Promise<void>;
  cancelEvaluation(): Promise<void>;
  /** Shows the setting of the evaluation command. */
  openEvaluationSetting(): Promise<void>;
  revealMerge(output: string): Promise<void>;
  openMergeReport(output: string): Promise<void>;
  /** Takes a merge from the list; its folder stays. */
  forgetMerge(output: string): Promise<void>;
}

/** What the host tells the page of the Merge tab. */
export interface StudioMergePage {
  mergeChanged(session: StudioMergeSession): void;
  mergeProgress(progress: Progress): void;
}
