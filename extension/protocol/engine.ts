/** What the host asks of the engine (JSON-RPC over the streams of its process). */
import type { AnalysisTable } from './analysis.ts';
import type { TaskComparisons, TaskVectors } from './comparison.ts';
import type { MergeMethodInfo, MergeRecipe, QuantizeRecipe, RestoreRecipe, RunOptions } from './recipes.ts';
import type {
  DevicesReport,
  MergePlanSummary,
  MergeResult,
  PlanSummary,
  Progress,
  QuantizeResult,
  RestoreResult,
  VerifyResult,
} from './results.ts';
import type { TensorDetail } from './tensors.ts';

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

/** Parameter of the engine's `tvq/progress` notification. */
export interface ProgressNotification extends Progress {
  readonly job: string;
}
