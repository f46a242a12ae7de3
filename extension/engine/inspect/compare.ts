/** How task vectors relate to each other: those of checkpoints, or quantized ones of a .tvq file. */
import type { TaskComparisons, TaskVectors } from '../../protocol/comparison.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import type { MemoryShare, Room } from '../scheduler/memoryShare.ts';
import type { TensorSource } from '../../formats/tensorSource.ts';
import { elementCount, isQuantizable } from '../../formats/dtype.ts';
import { isAdded } from '../../formats/tvq/codecNature.ts';
import { orCancelled, UserError } from '../../shared/errors.ts';
import type { FileStamp } from '../../files/fileStamp.ts';
import { formatBytes } from '../../shared/format.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import type { StoredTensor } from '../tensors/inputTensor.ts';
import { openFamily } from '../match/family.ts';
import { refuseErrors, runCounted } from '../scheduler/runPlanned.ts';
import { mostMemory } from '../scheduler/itemKind.ts';
import { reportsOnly } from '../scheduler/orderedSink.ts';
import {
  compareKind,
  noComparison,
  pairAt,
  type CompareItem,
  type CompareReport,
  type TensorComparison,
} from './compareItem.ts';
import { openUnchanged } from './openUnchanged.ts';
import { storedTensor } from './storedTensor.ts';

/** A matrix of more tasks is not readable, and the cost grows with their square. */
const MOST_TASKS = 64;

export interface ComparePlan {
  readonly tasks: readonly string[];
  readonly items: readonly CompareItem[];
  readonly share: MemoryShare;
  readonly comparable: number;
  readonly leftOut: number;
  readonly stamps: readonly FileStamp[];
}

/**
 * @param most tensors to compare by, spread evenly over the model
 * @throws UserError where there are no task vectors to compare
 */
export async function planCompare(
  vectors: TaskVectors,
  most: number | undefined,
  room: Room,
): Promise<ComparePlan> {
  const { tasks, names, all, stamps } = await ('file' in vectors
    ? ofFile(vectors.file)
    : ofCheckpoints(vectors));
  const items = spread(all, most ?? all.length);
  const needed = mostMemory(compareKind, items, room.chunk);
  const share = room.share(needed);
  if (needed > share.arena) {
    throw new UserError(
      `comparing ${tasks.length} tasks takes ${formatBytes(needed)} of memory, ${formatBytes(room.memory)} are allowed in all; raise the limit (setting tvq.memory)`,
    );
  }
  return { tasks, items, share, comparable: all.length, leftOut: names.size - all.length, stamps };
}

/** What can be compared. */
interface Comparable {
  readonly tasks: readonly string[];
  /** Of all tensors. */
  readonly names: ReadonlySet<string>;
  readonly all: readonly CompareItem[];
  readonly stamps: readonly FileStamp[];
}

async function ofFile(path: string): Promise<Comparable> {
  const file = await openUnchanged(path);
  if (file.scheme.scheme === 'fq') {
    throw new UserError(
      `${path}: it has whole checkpoints; their task vectors cannot be computed without the base model`,
    );
  }
  const tasks = file.tasks.map(({ name }) => name);
  checkCount(`${path}: it has`, tasks.length);
  const stored = file.tasks.map(task => storedTensor(file, task));
  const names = new Set(file.tasks.flatMap(({ records }) => records.map(({ tensor }) => tensor)));
  return {
    tasks,
    names,
    stamps: [file.stamp],
    all: [...names].flatMap(tensor =>
      storedItem(
        tensor,
        stored.map(find => find(tensor)),
      ),
    ),
  };
}

async function ofCheckpoints({ base, tasks }: Exclude<TaskVectors, { file: string }>): Promise<Comparable> {
  checkCount('there is', tasks.length);
  const family = await openFamily(
    base,
    tasks.map(({ path }) => path),
  );
  refuseErrors(family.problems);
  const { tensors: all } = family.base;
  const tuned = family.tasks;
  const names = new Set(
    [all, ...tuned.map(({ tensors }) => tensors)].flatMap(tensors => [...tensors.keys()]),
  );
  return {
    tasks: tasks.map(({ name }) => name),
    names,
    stamps: [family.base, ...tuned].flatMap(one => one.stamps),
    all: [...names].flatMap(tensor =>
      checkpointItem(
        all.get(tensor),
        tuned.map(one => one.tensors.get(tensor)),
      ),
    ),
  };
}

export async function runCompare(
  plan: ComparePlan,
  backend: EngineBackend,
  { signal, onProgress }: Hooks,
): Promise<TaskComparisons> {
  const { items, share, tasks, comparable, leftOut, stamps } = plan;
  let sums = noComparison(tasks.length);
  const sink = reportsOnly<CompareReport>((_, { comparison }) => void (sums = added(sums, comparison)));
  const planned = { kind: compareKind, items, stamps, share, backend, signal, onProgress };
  await orCancelled(signal, runCounted(planned, sink));
  return { tasks, tensors: items.length, comparable, leftOut, ...matricesOf(sums, tasks.length) };
}

function checkCount(subject: string, tasks: number): void {
  if (tasks < 2) throw new UserError(`${subject} one task; two or more can be compared`);
  if (tasks > MOST_TASKS)
    throw new UserError(`${subject} ${tasks} tasks; up to ${MOST_TASKS} can be compared`);
}

/** An item if every task has a task vector of the tensor, in the same shape, and at least one task moves it. */
function storedItem(tensor: string, found: readonly (StoredTensor | undefined)[]): CompareItem[] {
  const inputs = found.filter(input => input !== undefined);
  const shape = inputs[0]?.record.shape ?? [];
  const alike = inputs.every(({ record }) => record.shape.join() === shape.join());
  const given = inputs.every(({ record: { codec } }) => codec.codec === 'same' || isAdded(codec));
  if (inputs.length < found.length || !alike || !given) return [];
  if (inputs.every(({ record }) => record.codec.codec === 'same')) return [];
  return [{ kind: 'compare', tensor, shape, base: undefined, inputs }];
}

/** An item if the base and every task have the tensor, as floating-point numbers of the same shape. */
function checkpointItem(
  base: TensorSource | undefined,
  tuned: readonly (TensorSource | undefined)[],
): CompareItem[] {
  const sources = tuned.filter(source => source !== undefined);
  if (!base || sources.length < tuned.length) return [];
  const alike = ({ dtype, shape }: TensorSource) =>
    isQuantizable(dtype) && shape.join() === base.shape.join() && elementCount(shape) > 0;
  if (![base, ...sources].every(alike)) return [];
  const inputs = sources.map(source => ({ kind: 'checkpoint', source }) as const);
  return [{ kind: 'compare', tensor: base.name, shape: base.shape, base, inputs }];
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
