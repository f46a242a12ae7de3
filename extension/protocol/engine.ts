/**
 * The host's requests to the engine (JSON-RPC over the channel to its process), each listed once: the server and the
 * host's end are made from this table. Every request has one parameter value and RunOptions.
 */
import * as z from 'zod';
import type { AnalysisTable } from './analysis.ts';
import { most, type TaskComparisons } from './comparison.ts';
import { mergeRecipe, path, quantizeRecipe, restoreRecipe, taskVectors } from './recipeSchemas.ts';
import type { MergeMethodInfo } from './recipes.ts';
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
import { tensorName, type TensorDetail } from './tensors.ts';

/** The type of a request's answer; there is no value. */
const a = <Answer>() => undefined as Answer;

/** `schema` checks the parameter; `long`: it reports progress under the request's id. All can be cancelled. */
export const REQUESTS = {
  /** What the engine computes with, and why. */
  devices: { schema: z.null(), long: false, answer: a<DevicesReport>() },
  plan: { schema: quantizeRecipe, long: false, answer: a<PlanSummary>() },
  /** Plans several recipes, reading each checkpoint's header once. */
  planAll: { schema: z.array(quantizeRecipe), long: false, answer: a<readonly PlanSummary[]>() },
  /** Measures what a budget can buy; a recipe without a budget is treated as if it had one. Writes nothing. */
  analyze: { schema: quantizeRecipe, long: true, answer: a<AnalysisTable>() },
  /** What a shared base vector of the recipe's tasks would cost: a table of that one vector. Writes nothing. */
  analyzeShared: { schema: quantizeRecipe, long: true, answer: a<AnalysisTable>() },
  quantize: { schema: quantizeRecipe, long: true, answer: a<QuantizeResult>() },
  restore: { schema: restoreRecipe, long: true, answer: a<RestoreResult>() },
  verify: { schema: path, long: true, answer: a<VerifyResult>() },
  /** What is in one tensor of a .tvq file, from its payload alone. Needs so little that it may run beside a job. */
  tensorDetail: {
    schema: z.strictObject({ file: path, vector: tensorName, tensor: tensorName }),
    long: false,
    answer: a<TensorDetail>(),
  },
  /** Compares task vectors by `most` tensors, spread evenly over the model, or by all. */
  compareTasks: {
    schema: z.strictObject({ vectors: taskVectors, most }),
    long: true,
    answer: a<TaskComparisons>(),
  },
  /** All merge methods. */
  methods: { schema: z.null(), long: false, answer: a<readonly MergeMethodInfo[]>() },
  planMerge: { schema: mergeRecipe, long: false, answer: a<MergePlanSummary>() },
  merge: { schema: mergeRecipe, long: true, answer: a<MergeResult>() },
} as const;

type Requests = typeof REQUESTS;
export type Method = keyof Requests;
export type Asked<M extends Method> = z.output<Requests[M]['schema']>;
export type Answer<M extends Method> = Requests[M]['answer'];
export type IsLong<M extends Method> = Requests[M]['long'];

/** Parameter of the engine's `tvq/progress` notification. */
export interface ProgressNotification extends Progress {
  /** Id of the request. */
  readonly request: string;
}
