/** Calls between the Studio's page and the host (birpc over postMessage). */
import * as z from 'zod';
import { parseBudget, patternOf } from '../shared/allocation/index.ts';
import type { AnalysisTable } from './analysis.ts';
import type { Calls } from './calls.ts';
import { most, type TaskComparisons } from './comparison.ts';
import { MERGE_CALLS, type StudioMergeHost, type StudioMergePage } from './merge.ts';
import { MAX_ENTRIES, path, ruleFields, sensitivity } from './recipeSchemas.ts';
import type { NamedPath, QuantizeRecipe, TensorRule } from './recipes.ts';
import type { DevicesReport, Progress, QuantizeResult } from './results.ts';

/** What a Studio panel is about: a base model and what was fine-tuned from it. */
export interface StudioSelection {
  readonly base: NamedPath;
  /** With their checkpoints. A task of `source` whose checkpoint is not known has the path of `source`. */
  readonly tasks: readonly NamedPath[];
  /** The .tvq file that the task vectors come from; absent: from the checkpoints. */
  readonly source?: string | undefined;
  /** What the page shows first: what a .tvq file was made with. */
  readonly start?: BudgetRecipe | undefined;
  /** What `start` leaves out, in a sentence; shown once. */
  readonly note?: string | undefined;
}

/** The part of a recipe that a page decides: a budget, and how it is spent; exactly what the page shows. */
export interface BudgetRecipe extends Pick<QuantizeRecipe, 'sensitivity'> {
  /** In `parseBudget`'s format. */
  readonly budget: string;
  readonly rules: readonly TensorRule[];
}

/** Refuses text for which `read` throws, with its message. */
const readBy = (read: (text: string) => unknown) => (text: string, context: z.RefinementCtx<string>) => {
  try {
    read(text);
  } catch (error) {
    context.addIssue((error as Error).message);
  }
};

export const budgetRecipe = z.object({
  budget: z.string().max(100).superRefine(readBy(parseBudget)),
  sensitivity: sensitivity.nullish().transform(measure => measure ?? undefined),
  rules: z
    .array(z.object({ ...ruleFields, tensors: ruleFields.tensors.superRefine(readBy(patternOf)) }))
    .max(MAX_ENTRIES),
}) as unknown as z.ZodType<BudgetRecipe>;

const namedPath = z.object({ name: z.string().max(1000), path });

/** For a state that a page saved: optional parts that are wrong are dropped. */
export const studioSelection: z.ZodType<StudioSelection> = z.object({
  base: namedPath,
  tasks: z.array(namedPath).min(1).max(MAX_ENTRIES),
  source: path.optional().catch(undefined),
  start: budgetRecipe.optional().catch(undefined),
  note: z.string().max(1000).optional().catch(undefined),
});

/** The size that a fixed scheme would have, for comparison. */
export interface StudioMark {
  /** "TVQ INT3". */
  readonly label: string;
  readonly bytes: number;
}

/** The Studio page's calls to the host. Long work can be cancelled and then resolves to undefined. */
export interface StudioHost extends StudioMergeHost {
  /** Called once the page listens: the models that the panel was opened for; undefined when none were chosen yet. */
  open(): Promise<StudioSelection | undefined>;
  /** Asks the user for other models; undefined when they keep these. */
  choose(): Promise<StudioSelection | undefined>;
  /** Measures the selection, once; columns are typed arrays. */
  analyze(): Promise<AnalysisTable | undefined>;
  /** Measures what a shared base vector of the tasks would cost, once: a table of one vector. */
  analyzeShared(): Promise<AnalysisTable | undefined>;
  /** How the task vectors relate to each other. @param most tensors to compare by; undefined: all */
  compare(most: number | undefined): Promise<TaskComparisons | undefined>;
  /** Cancels a running measurement or quantization. */
  cancel(): Promise<void>;
  /** Sizes of the published schemes. */
  marks(): Promise<readonly StudioMark[]>;
  /** What the engine computes with. */
  device(): Promise<Pick<DevicesReport, 'chosen' | 'reason'>>;
  /** Asks for a name and writes the file; undefined when cancelled. */
  quantize(recipe: BudgetRecipe): Promise<QuantizeResult | undefined>;
  /** Opens a file that this panel has written. */
  openResult(output: string): Promise<void>;
  /** Copies the equivalent command line to the clipboard. */
  copyCommand(recipe: BudgetRecipe): Promise<void>;
}

export const STUDIO_CALLS: Calls<StudioHost> = {
  ...MERGE_CALLS,
  open: [],
  choose: [],
  analyze: [],
  analyzeShared: [],
  compare: [most],
  cancel: [],
  marks: [],
  device: [],
  quantize: [budgetRecipe],
  openResult: [z.string()],
  copyCommand: [budgetRecipe],
};

/** The host's calls to the Studio's page. */
export interface StudioPage extends StudioMergePage {
  progress(progress: Progress): void;
  /** Names of models that have changed since they were measured; none: all are as measured. `analyze` measures again. */
  stale(names: readonly string[]): void;
}
