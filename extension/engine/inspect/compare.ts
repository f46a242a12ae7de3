/** How the tasks of a .tvq file lie to each other, from their quantized task vectors. */
import type { TaskComparisons } from '../../protocol.ts';
import type { EngineBackend } from '../backends.ts';
import type { Budget, Room } from '../budget.ts';
import { Cancelled, UserError } from '../errors.ts';
import { formatBytes } from '../format.ts';
import type { Hooks } from '../hooks.ts';
import type { JobReport } from '../job.ts';
import type { StoredTensor } from '../merge/inputTensor.ts';
import { jobBytes } from '../runJob.ts';
import type { TvqFile } from '../tvq/reader.ts';
import {
  compareJobBytes,
  noComparison,
  pairAt,
  type CompareJob,
  type TensorComparison,
} from './compareJob.ts';
import { openUnchanged } from './openUnchanged.ts';
import { storedTensor } from './storedTensor.ts';

/** A matrix of more tasks shows nothing any more, and its pairs cost their square. */
const MOST_TASKS = 64;

export interface ComparePlan {
  readonly tasks: readonly string[];
  readonly jobs: readonly CompareJob[];
  readonly budget: Budget;
  readonly comparable: number;
  readonly leftOut: number;
}

/**
 * @param most tensors to compare by, spread evenly over the file
 * @throws UserError where the file has no task vectors to compare
 */
export async function planCompare(path: string, most: number | undefined, room: Room): Promise<ComparePlan> {
  const file = await openUnchanged(path);
  checkTasks(file);
  const stored = file.tasks.map(task => storedTensor(file, task));
  const names = [...new Set(file.tasks.flatMap(({ records }) => records.map(({ tensor }) => tensor)))];
  const all = names.flatMap(tensor =>
    jobOf(
      tensor,
      stored.map(find => find(tensor)),
    ),
  );
  const jobs = spread(all, most ?? all.length);
  const needed = Math.max(0, ...jobs.map(job => compareJobBytes(job, room.chunk)));
  const budget = room.budget(needed);
  if (needed > budget.arena) {
    throw new UserError(
      `comparing ${file.tasks.length} tasks takes ${formatBytes(needed)} of memory, ${formatBytes(room.memory)} are allowed in all; allow more (setting tvq.memory)`,
    );
  }
  const tasks = file.tasks.map(({ name }) => name);
  return { tasks, jobs, budget, comparable: all.length, leftOut: names.length - all.length };
}

export async function runCompare(
  plan: ComparePlan,
  backend: EngineBackend,
  { signal, onProgress }: Hooks,
): Promise<TaskComparisons> {
  const { jobs, budget, tasks, comparable, leftOut } = plan;
  const total = jobs.reduce((sum, job) => sum + jobBytes(job), 0);
  let done = 0;
  let sums = noComparison(tasks.length);
  const sink = {
    accept: async () => undefined,
    finished: (_: number, { comparison }: JobReport) => {
      if (comparison) sums = added(sums, comparison);
    },
  };
  try {
    await backend.runner(budget)(jobs, sink, signal, (current, bytes) => {
      done += bytes;
      onProgress({ done, total, current });
    });
  } catch (error) {
    throw signal.aborted ? new Cancelled() : error;
  }
  return { tasks, tensors: jobs.length, comparable, leftOut, ...matricesOf(sums, tasks.length) };
}

function checkTasks({ path, scheme, tasks }: TvqFile): void {
  if (scheme.scheme === 'fq') {
    throw new UserError(
      `${path}: it has whole checkpoints; their task vectors cannot be told without the base model`,
    );
  }
  if (tasks.length < 2) throw new UserError(`${path}: it has one task; two or more can be compared`);
  if (tasks.length > MOST_TASKS) {
    throw new UserError(`${path}: it has ${tasks.length} tasks; up to ${MOST_TASKS} can be compared`);
  }
}

/** A job where every task has a task vector of the tensor, in one shape, and some task moves it. */
function jobOf(tensor: string, found: readonly (StoredTensor | undefined)[]): CompareJob[] {
  const inputs = found.filter(input => input !== undefined);
  const codecs = inputs.map(({ record }) => record.codec.codec);
  const shape = inputs[0]?.record.shape ?? [];
  const alike = inputs.every(({ record }) => record.shape.join() === shape.join());
  if (inputs.length < found.length || !alike || codecs.includes('exact')) return [];
  if (codecs.every(codec => codec === 'same')) return [];
  return [{ kind: 'compare', tensor, shape, inputs }];
}

/** `most` of the values, evenly over all. */
const spread = <T>(values: readonly T[], most: number): readonly T[] =>
  values.filter(
    (_, i) => Math.floor((i * most) / values.length) !== Math.floor(((i - 1) * most) / values.length),
  );

function added(a: TensorComparison, b: TensorComparison): TensorComparison {
  const add = (x: Float64Array, y: Float64Array) => x.map((value, i) => value + (y[i] as number));
  return {
    weights: a.weights + b.weights,
    products: add(a.products, b.products),
    together: add(a.together, b.together),
    opposite: add(a.opposite, b.opposite),
  };
}

function matricesOf({ weights, products, together, opposite }: TensorComparison, tasks: number) {
  const at = (sums: Float64Array, i: number, j: number) =>
    sums[pairAt(Math.min(i, j), Math.max(i, j), tasks)] as number;
  const matrix = <T>(of: (i: number, j: number) => T): T[][] =>
    Array.from({ length: tasks }, (_, i) => Array.from({ length: tasks }, (_, j) => of(i, j)));
  const norms = Array.from({ length: tasks }, (_, i) => Math.sqrt(at(products, i, i)));
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : null);
  return {
    weights,
    norms,
    cosines: matrix((i, j) => share(at(products, i, j), (norms[i] as number) * (norms[j] as number))),
    agreement: matrix((i, j) => share(at(together, i, j) - at(opposite, i, j), at(together, i, j))),
    together: matrix((i, j) => share(at(together, i, j), weights) ?? 0),
  };
}
