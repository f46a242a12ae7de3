/** What the Studio's Merge tab and the host ask of each other. */
import * as z from 'zod';
import type { Calls } from './calls.ts';
import { EXPORT_CALLS, type ExportHost } from './exports.ts';
import { onMismatch, outputDtype } from './recipeSchemas.ts';
import type { MergeMethodInfo, MergeRecipe, ParameterScalar } from './recipes.ts';
import type { MergeResult, MergeTotals, Problem, Progress } from './results.ts';

/** The part of a recipe that the page decides; the host knows the selection. */
export interface StudioMergeRecipe {
  /** Name of a method in the registry. */
  readonly method: string;
  /** Names of the tasks to merge. */
  readonly tasks: readonly string[];
  /** By name, what differs from the defaults. */
  readonly parameters: Readonly<Record<string, ParameterScalar>>;
  /** By task, then by parameter; these win over `parameters`. */
  readonly taskParameters: Readonly<Record<string, Readonly<Record<string, ParameterScalar>>>>;
  /** What to do with tensors that some model lacks or has in another shape. */
  readonly onMismatch: MergeRecipe['onMismatch'];
  /** In which the weights are written; undefined: the base's. */
  readonly dtype?: MergeRecipe['dtype'];
  /** Whether to make the same merge from the checkpoints too, for the difference from full precision. */
  readonly compare: boolean;
  /** The output folder; undefined: the one that the host proposes. */
  readonly output: string | undefined;
}

/** As any system has it; pages and schemas know none. */
const ABSOLUTE = /^(?:[\\/]|[a-z]:[\\/])/i;

const name = z.string().min(1).max(1000);
const scalar = z.union([z.number(), z.array(z.number()).max(1000), z.boolean(), z.string().max(100)]);
const values = z.record(name, scalar).refine(record => Object.keys(record).length <= 100, 'too many');

export const studioMergeRecipe = z.object({
  method: z.string().max(100),
  tasks: z.array(name).max(1000),
  parameters: values,
  taskParameters: z.record(name, values).refine(record => Object.keys(record).length <= 1000, 'too many'),
  onMismatch,
  dtype: outputDtype.optional(),
  compare: z.boolean(),
  output: z.string().max(4096).regex(ABSOLUTE, 'not an absolute path').optional(),
}) as unknown as z.ZodType<StudioMergeRecipe>;

/** What is known before anything is merged. Faults are among the problems. */
export interface StudioMergePlan {
  /** The output folder, and how it is shown. */
  readonly output: string;
  readonly outputName: string;
  /** Bytes of the weight files, and of memory; undefined if a fault prevents a plan. */
  readonly bytes: number | undefined;
  readonly memory: number | undefined;
  /** Estimated from earlier merges on this machine; undefined before the first. */
  readonly seconds: number | undefined;
  readonly problems: readonly Problem[];
}

/** Numbers of a layer of one of the model's stacks of layers; null for both stands for everything outside the layers. */
export interface LayerTotals extends MergeTotals {
  /** The part before the layer's number in the names of its tensors. */
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

/** A finished merge: a column of the results. */
export interface StudioMerged {
  /** The folder; no two merges have the same. */
  readonly output: string;
  /** How the folder is shown. */
  readonly name: string;
  readonly bytes: number;
  readonly seconds: number;
  /** `source` of the selection: the .tvq file it was made from; undefined: from checkpoints. */
  readonly source: string | undefined;
  /** Empty until it is evaluated. */
  readonly metrics: readonly StudioMetric[];
  /** Read from the folder; undefined, with the reason in `fault`, if that is not possible. */
  readonly report: StudioMergeReport | undefined;
  readonly fault: string | undefined;
}

/** A running merge or evaluation, or how the last one ended if it gave no result. */
export interface StudioMergeActivity {
  readonly state: 'running' | 'cancelled' | 'failed';
  readonly output: string;
  /** How the folder is shown. */
  readonly name: string;
  /** Why it failed. */
  readonly message?: string | undefined;
}

/** The part of the Merge tab's state that lives in the host, and outlives the page. */
export interface StudioMergeSession {
  /** Those on the selection's base, oldest first. */
  readonly merges: readonly StudioMerged[];
  readonly merging: StudioMergeActivity | undefined;
  readonly evaluating: StudioMergeActivity | undefined;
  /** Whether merges can be evaluated; not if no command is set, or the workspace is not trusted. */
  readonly evaluation: 'ready' | 'unset' | 'restricted';
}

/** The Merge tab's calls to the host. Every call rejects with a readable message. */
export interface StudioMergeHost extends ExportHost {
  mergeMethods(): Promise<readonly MergeMethodInfo[]>;
  mergeSession(): Promise<StudioMergeSession>;
  planMerge(recipe: StudioMergeRecipe): Promise<StudioMergePlan>;
  /** Resolves once it has started; `mergeChanged` reports what happens to it. */
  startMerge(recipe: StudioMergeRecipe): Promise<void>;
  cancelMerge(): Promise<void>;
  /** Asks for a folder; undefined when cancelled. */
  chooseMergeOutput(proposed: string): Promise<string | undefined>;
  /** Runs the user's evaluation command on a merge; reported by `mergeChanged`. */
  startEvaluation(output: string): Promise<void>;
  cancelEvaluation(): Promise<void>;
  /** Shows the setting of the evaluation command. */
  openEvaluationSetting(): Promise<void>;
  revealMerge(output: string): Promise<void>;
  openMergeReport(output: string): Promise<void>;
  /** Removes a merge from the list; its folder stays. */
  forgetMerge(output: string): Promise<void>;
}

export const MERGE_CALLS: Calls<StudioMergeHost> = {
  ...EXPORT_CALLS,
  mergeMethods: [],
  mergeSession: [],
  planMerge: [studioMergeRecipe],
  startMerge: [studioMergeRecipe],
  cancelMerge: [],
  chooseMergeOutput: [z.string()],
  startEvaluation: [z.string()],
  cancelEvaluation: [],
  openEvaluationSetting: [],
  revealMerge: [z.string()],
  openMergeReport: [z.string()],
  forgetMerge: [z.string()],
};

/** The host's calls to the page, for the Merge tab. */
export interface StudioMergePage {
  mergeChanged(session: StudioMergeSession): void;
  mergeProgress(progress: Progress): void;
}
