/** What the Studio's page and the host ask of each other (birpc over postMessage). */
import type { AnalysisTable } from './analysis.ts';
import type { TaskComparisons } from './comparison.ts';
import type { StudioMergeHost, StudioMergePage } from './merge.ts';
import type { NamedPath, QuantizeRecipe, TensorRule } from './recipes.ts';
import type { DevicesReport, Progress, QuantizeResult } from './results.ts';

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
