/** Checkpoints as found by discovery. */

/** One checkpoint as found by discovery, from headers alone. */
export interface CheckpointSummary {
  readonly kind: 'checkpoint';
  /** Last part of its path. */
  readonly name: string;
  /** The folder, or a standalone file. */
  readonly path: string;
  readonly files: readonly string[];
  /** What format its files have, as people call it. */
  readonly format: string;
  readonly bytes: number;
  readonly parameters: number;
  /** Dtypes with their parameter counts, largest first. */
  readonly dtypes: readonly { readonly dtype: string; readonly parameters: number }[];
  readonly tensors: number;
  /** Equal for checkpoints with the same tensor names and shapes, and for all adapters, which fit several. */
  readonly architecture: string;
  /** `architectures[0]` or `model_type` of config.json. */
  readonly model: string | undefined;
  /** What its user should know, one line each. */
  readonly notes: readonly string[];
  /** What kind of adapter it is, if it is not a model: "a LoRA adapter (PEFT, rank 8)". */
  readonly adapter: string | undefined;
}

/** The architecture of every adapter. */
export const ADAPTERS = 'adapters';

/** Whether a checkpoint may be fine-tuned from a base, as far as summaries tell; only a plan knows for certain. */
export const mayBeTunedFrom = (base: CheckpointSummary, { architecture, path }: CheckpointSummary): boolean =>
  path !== base.path && (architecture === base.architecture || architecture === ADAPTERS);
