/** Checkpoints as discovery sees them. */

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
