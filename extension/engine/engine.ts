/** What the engine can do, for both the command and the engine process. */
import type { AnalysisTable } from '../protocol/analysis.ts';
import type { TaskComparisons, TaskVectors } from '../protocol/comparison.ts';
import type { Answer, Asked, Method } from '../protocol/engine.ts';
import type {
  ExtractRecipe,
  MergeMethodInfo,
  MergeRecipe,
  QuantizeRecipe,
  RestoreRecipe,
  RunOptions,
} from '../protocol/recipes.ts';
import type {
  DevicesReport,
  ExtractPlanSummary,
  ExtractResult,
  MergePlanSummary,
  MergeResult,
  PlanSummary,
  Problem,
  QuantizeResult,
  RestoreResult,
  VerifyResult,
} from '../protocol/results.ts';
import { chooseBackend, previewRoom, reportDevices } from './scheduler/backends.ts';
import type { EngineBackend } from './scheduler/engineBackend.ts';
import type { Room } from './scheduler/memoryShare.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { openNamed } from './match/openNamed.ts';
import { Cancelled } from '../shared/errors.ts';
import { whileUnchanged } from '../files/fileStamp.ts';
import type { Hooks } from './scheduler/hooks.ts';
import { planExtract, summarizeExtract } from './extract/plan.ts';
import { runExtract } from './extract/run.ts';
import { planCompare, runCompare } from './inspect/compare.ts';
import { tensorDetail } from './inspect/detail.ts';
import { loadKernels } from './kernels.ts';
import { planMerge, summarizeMerge } from './merge/plan.ts';
import { methodInfos } from './merge/methods/registry.ts';
import { runMerge } from './merge/run.ts';
import { OutputLock } from '../files/lock/outputLock.ts';
import { planWithin } from './quantize/allocate.ts';
import { analyze as measure, measureTensors } from './quantize/measure.ts';
import { unfitOf, type Analysis, type Analyzed } from './quantize/measured.ts';
import { firstTask, planQuantize, type QuantizePlan } from './quantize/plan.ts';
import { runQuantize } from './quantize/run.ts';
import { sharedVectorTable, tableOf } from './quantize/table.ts';
import { unfitWarnings } from './quantize/unfit.ts';
import { planRestore } from './restore/plan.ts';
import { runRestore } from './restore/run.ts';
import { refuseErrors } from './scheduler/runPlanned.ts';
import { verifyTvq } from './inspect/verify.ts';

export type { Hooks } from './scheduler/hooks.ts';
export { tensorDetail };

/** Plans without reading a tensor or starting a backend. */
export async function plan(recipe: QuantizeRecipe, options: RunOptions): Promise<PlanSummary> {
  return (await planQuantize(recipe, previewRoom(options))).summary;
}

/** Plans several recipes, reading each checkpoint's header once. */
export async function planAll(
  recipes: readonly QuantizeRecipe[],
  options: RunOptions,
): Promise<readonly PlanSummary[]> {
  const opened = new Map<string, Promise<Checkpoint>>();
  const open = (path: string): Promise<Checkpoint> => {
    const opening = opened.get(path) ?? openNamed(path);
    opened.set(path, opening);
    return opening;
  };
  const plans = recipes.map(recipe => planQuantize(recipe, previewRoom(options), undefined, open));
  return (await Promise.all(plans)).map(({ summary }) => summary);
}

export async function quantize(
  recipe: QuantizeRecipe,
  options: RunOptions,
  hooks: Hooks,
): Promise<QuantizeResult> {
  return withBackend(
    options,
    hooks,
    room => planQuantize(recipe, room),
    ({ summary }) => summary.problems,
    async (planned, backend) => {
      const lock = await OutputLock.take(planned.summary.output); // before anything is measured
      try {
        const within = await withinBudget(planned, backend, hooks, options.cache);
        return await runQuantize(within, lock, backend, hooks);
      } finally {
        await lock.release();
      }
    },
  );
}

/** Measures what each choice of bits costs every tensor; writes nothing. */
export const analyze = (
  recipe: QuantizeRecipe,
  options: RunOptions,
  hooks: Hooks,
): Promise<{ readonly tensors: readonly Analyzed[]; readonly warnings: readonly string[] }> =>
  measured(recipe, options, hooks, ({ summary }, analysis, backend) => ({
    tensors: analysis.tensors,
    warnings: [
      ...summary.problems.map(({ message }) => message), // no errors among them: those were refused before
      ...unfitWarnings(recipe, firstTask(recipe), unfitOf(analysis)),
      ...backend.warnings,
    ],
  }));

/** What `analyze` measures, as columns. */
export const analyzeTable = (
  recipe: QuantizeRecipe,
  options: RunOptions,
  hooks: Hooks,
): Promise<AnalysisTable> => measured(recipe, options, hooks, (plan, analysis) => tableOf(plan, analysis));

/** What a shared base vector of the recipe's tasks would cost, regardless of its scheme. */
export const analyzeShared = (
  recipe: QuantizeRecipe,
  options: RunOptions,
  hooks: Hooks,
): Promise<AnalysisTable> =>
  withMeasurable({ ...recipe, scheme: 'rtvq' }, options, hooks, async (plan, backend) =>
    sharedVectorTable(
      plan,
      await whileUnchanged(plan.stamps, () => measureTensors(plan, backend, hooks, 'shared')),
    ),
  );

const measured = <T>(
  recipe: QuantizeRecipe,
  options: RunOptions,
  hooks: Hooks,
  result: (plan: QuantizePlan, analysis: Analysis, backend: EngineBackend) => T,
): Promise<T> =>
  withMeasurable(recipe, options, hooks, async (plan, backend) =>
    result(plan, await measure(plan, backend, hooks, options.cache), backend),
  );

function withMeasurable<T>(
  recipe: QuantizeRecipe,
  options: RunOptions,
  hooks: Hooks,
  work: (plan: QuantizePlan, backend: EngineBackend) => Promise<T>,
): Promise<T> {
  // Without a budget there would be nothing to choose.
  const asked: QuantizeRecipe = { ...recipe, budget: recipe.budget ?? '100%' };
  return withBackend(
    options,
    hooks,
    room => planQuantize(asked, room),
    ({ summary }) => summary.problems,
    work,
  );
}

/** Measures what to spend a budget on, if there is one. */
async function withinBudget(
  planned: QuantizePlan,
  backend: EngineBackend,
  hooks: Hooks,
  cache: string | undefined,
): Promise<QuantizePlan> {
  if (planned.recipe.budget === undefined) return planned;
  const within = await planWithin(planned, backend, hooks, cache);
  refuseErrors(within.summary.problems);
  return within;
}

export async function restore(
  recipe: RestoreRecipe,
  options: RunOptions,
  hooks: Hooks,
): Promise<RestoreResult> {
  return withBackend(
    options,
    hooks,
    room => planRestore(recipe, room),
    ({ problems }) => problems,
    (planned, backend) => runRestore(planned, backend, hooks),
  );
}

/** Plans an extraction without reading a tensor or starting a backend. */
export async function planExtractSummary(
  recipe: ExtractRecipe,
  options: RunOptions,
): Promise<ExtractPlanSummary> {
  return summarizeExtract(await planExtract(recipe, previewRoom(options)));
}

export async function extractLora(
  recipe: ExtractRecipe,
  options: RunOptions,
  hooks: Hooks,
): Promise<ExtractResult> {
  return withBackend(
    options,
    hooks,
    room => planExtract(recipe, room),
    ({ problems }) => problems,
    (planned, backend) => runExtract(planned, backend, hooks),
  );
}

/** All merge methods. */
export const methods = (): readonly MergeMethodInfo[] => methodInfos();

/** Plans a merge without reading a tensor or starting a backend. */
export async function planMergeSummary(recipe: MergeRecipe, options: RunOptions): Promise<MergePlanSummary> {
  return summarizeMerge(await planMerge(recipe, previewRoom(options)));
}

export async function merge(recipe: MergeRecipe, options: RunOptions, hooks: Hooks): Promise<MergeResult> {
  return withBackend(
    options,
    hooks,
    room => planMerge(recipe, room),
    ({ problems }) => problems,
    (planned, backend) => runMerge(planned, backend, hooks),
  );
}

/** Plans for the CPU first, so that mistakes are found before a GPU is looked for; another backend gets its own plan. */
async function withBackend<Plan, Result>(
  options: RunOptions,
  hooks: Hooks,
  makePlan: (room: Room) => Promise<Plan>,
  problemsOf: (plan: Plan) => readonly Problem[],
  run: (plan: Plan, backend: EngineBackend) => Promise<Result>,
): Promise<Result> {
  const forCpu = await makePlan(previewRoom(options));
  refuseErrors(problemsOf(forCpu));
  const backend = await chooseBackend(options, hooks.onNotice);
  try {
    if (backend.kind === 'cpu') return await run(forCpu, backend);
    const planned = await makePlan(backend.room);
    refuseErrors(problemsOf(planned));
    return await run(planned, backend);
  } finally {
    backend.dispose();
  }
}

export async function verify(file: string, hooks: Hooks): Promise<VerifyResult> {
  try {
    return await verifyTvq(file, await loadKernels(), hooks.signal, hooks.onProgress);
  } catch (error) {
    throw hooks.signal.aborted ? new Cancelled() : error;
  }
}

/** Compares task vectors with each other. */
export async function compareTasks(
  vectors: TaskVectors,
  most: number | undefined,
  options: RunOptions,
  hooks: Hooks,
): Promise<TaskComparisons> {
  return withBackend(
    options,
    hooks,
    room => planCompare(vectors, most, room),
    () => [],
    (planned, backend) => runCompare(planned, backend, hooks),
  );
}

export const devices = (options: RunOptions): Promise<DevicesReport> => reportDevices(options);

type Answers = {
  readonly [M in Method]: (asked: Asked<M>, options: RunOptions, hooks: Hooks) => Promise<Answer<M>>;
};

/** The handlers of the host's requests. */
export const ANSWERS: Answers = {
  devices: (_, options) => devices(options),
  plan,
  planAll,
  analyze: analyzeTable,
  analyzeShared,
  quantize,
  restore,
  verify: (file, _, hooks) => verify(file, hooks),
  tensorDetail: ({ file, vector, tensor }, _, { signal }) => tensorDetail(file, vector, tensor, signal),
  compareTasks: ({ vectors, most }, options, hooks) => compareTasks(vectors, most, options, hooks),
  methods: async () => methods(),
  planMerge: planMergeSummary,
  merge,
};
