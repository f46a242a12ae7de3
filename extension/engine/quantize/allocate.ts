/** Spends a budget: an analysis measures what each tensor's choices cost, the allocator picks, a plan is made of it. */
import type { QuantizeRecipe } from '../../protocol.ts';
import {
  AllocationError,
  allocate,
  allocateForError,
  alone,
  budgetBytes,
  parseBudget,
  sensitivities,
  type Allocation,
  type Budget,
  type Group,
} from '../../shared/allocation/index.ts';
import type { EngineBackend } from '../backends.ts';
import { elementCount } from '../checkpoint/dtype.ts';
import { Cancelled, UserError } from '../errors.ts';
import { blockCount, blockOf } from '../merge/layers.ts';
import { plannedBytes } from '../tvq/header.ts';
import type { Hooks } from '../hooks.ts';
import type { JobReport } from '../job.ts';
import type { MeasuredChoice, TensorAnalysis } from './analysis.ts';
import { codedBytes, type Coding, type Reconstruction } from './coding.ts';
import type { QuantizeJob } from './job.ts';
import { planQuantize, type Codings, type QuantizePlan } from './plan.ts';

/** A tensor of a task vector, measured. */
export interface Analyzed extends TensorAnalysis {
  readonly tensor: string;
}

/** Measures tensors of a plan that are to be entropy-coded: all of them, or `only` one, at steps of the caller's. */
export async function analyze(
  { jobs, budget }: QuantizePlan,
  backend: EngineBackend,
  { signal, onProgress }: Hooks,
  only?: { readonly tensor: string; readonly task: number; readonly steps: readonly number[] },
): Promise<Analyzed[]> {
  const measuring = jobs
    .filter(({ tensor }) => !only || tensor === only.tensor)
    .map(job => ({
      ...job,
      analyze: only?.steps ?? [],
      tasks: job.tasks.filter(
        ({ coding, output }) => coding?.codec === 'entropy' && (!only || output === only.task),
      ),
    }))
    .filter(({ tasks }) => tasks.length > 0);
  const total = measuring.length;
  const found: Analyzed[][] = [];
  const sink = {
    accept: async () => undefined,
    finished: (number: number, { analyses = [] }: JobReport) => {
      const { tensor } = measuring[number] as QuantizeJob;
      found[number] = analyses.map(analysis => ({ ...analysis, tensor }));
    },
  };
  let done = 0;
  try {
    await backend.runner(budget)(measuring, sink, signal, current => {
      onProgress({ done: ++done, total, current });
    });
  } catch (error) {
    throw signal.aborted ? new Cancelled() : error;
  }
  return found.flat();
}

/** The plan whose file fits the recipe's budget, measured and chosen. @throws UserError where none does */
export async function planWithin(
  plan: QuantizePlan,
  backend: EngineBackend,
  hooks: Hooks,
): Promise<QuantizePlan> {
  try {
    const analyses = await analyze(plan, backend, hooks);
    const chosen = choose(plan, analyses);
    const quiet = { ...hooks, onProgress: () => undefined };
    const finer = await refine(chosen, only => analyze(plan, backend, quiet, only));
    const codings = codingsOf(plan, analyses, finer ? [...chosen.items, finer] : chosen.items);
    return await planQuantize(plan.recipe, backend.room, codings);
  } catch (error) {
    if (error instanceof AllocationError) throw new UserError(error.message, 'usage');
    throw error;
  }
}

/** What one measured tensor got. */
interface Item {
  readonly tensor: string;
  readonly task: number;
  readonly choice: MeasuredChoice;
  /** The next finer choice; undefined where it has the finest. */
  readonly finer: MeasuredChoice | undefined;
  readonly weight: number;
}

interface Chosen {
  readonly items: readonly Item[];
  /** Bytes of the budget that no choice fits in any more; 0 for an error budget. */
  readonly rest: number;
  readonly reconstruction: Reconstruction;
}

function choose(plan: QuantizePlan, analyses: readonly Analyzed[]): Chosen {
  const { recipe } = plan;
  const reconstruction = recipe.reconstruction ?? 'unbiased';
  const budget = parseBudget(recipe.budget as string);
  const measured = analyses.filter(({ choices }) => choices.length > 0);
  const weights = weightsOf(recipe, budget.kind, measured);
  const groups: Group[] = measured.map(({ tensor, choices }, i) =>
    alone(
      tensor,
      choices.map(({ bytes, error }, codec) => ({ codec, bytes, error: error[reconstruction] })),
      { weight: weights[i] as number },
    ),
  );
  const all = [...groups, alone('header', [{ codec: 0, bytes: fixedBytes(plan, analyses), error: 0 }])];
  let allocation: Allocation;
  let rest = 0;
  if (budget.kind === 'error') {
    const total = measured.reduce((sum, { energy }, i) => sum + energy * (weights[i] as number), 0);
    allocation = allocateForError(all, budget.relative * total);
  } else {
    const { fp32Bytes } = plan.summary;
    const bytes = budgetBytes(budget, { weights: quantizedWeights(plan), fp32Bytes });
    allocation = allocate(all, bytes);
    rest = bytes - allocation.bytes;
  }
  const items = measured.map(({ tensor, task, choices }, i): Item => {
    const { codec } = allocation.chosen(i).offsets[0] as { codec: number };
    const choice = choices[codec] as MeasuredChoice;
    return { tensor, task, choice, finer: choices[codec - 1], weight: weights[i] as number };
  });
  return { items, rest, reconstruction };
}

/** Steps that are tried between a choice and the next finer one. */
const REFINEMENTS = 16;

/** Spends the rest of a budget, which is less than any next choice costs, on a step in between: of one tensor, the one
 * whose error falls most for its bytes. */
async function refine(
  { items, rest, reconstruction }: Chosen,
  measure: (only: { tensor: string; task: number; steps: readonly number[] }) => Promise<Analyzed[]>,
): Promise<Item | undefined> {
  const slopeOf = ({ choice, finer, weight }: Item): number =>
    finer
      ? (weight * (choice.error[reconstruction] - finer.error[reconstruction])) / (finer.bytes - choice.bytes)
      : 0;
  // A smaller tensor would not take the rest up.
  const wide = items.filter(({ choice, finer }) => finer && finer.bytes - choice.bytes > rest);
  const [best] = wide.sort((a, b) => slopeOf(b) - slopeOf(a));
  if (rest <= 0 || !best?.finer) return undefined;
  const { tensor, task, choice, finer } = best;
  const ratio = finer.step / choice.step;
  const steps = Array.from(
    { length: REFINEMENTS },
    (_, i) => choice.step * ratio ** ((i + 1) / (REFINEMENTS + 1)),
  );
  const [analysis] = await measure({ tensor, task, steps });
  const between = analysis?.choices.find(({ bytes }) => bytes <= choice.bytes + rest);
  return between && { ...best, choice: between };
}

function codingsOf({ recipe }: QuantizePlan, analyses: readonly Analyzed[], items: readonly Item[]): Codings {
  const reconstruction = recipe.reconstruction ?? 'unbiased';
  const codings = new Map<string, Coding | undefined>();
  const keyOf = (tensor: string, task: number): string => `${task} ${tensor}`;
  for (const { tensor, task, finite } of analyses) {
    // A constant needs no codes; what is not finite is stored exactly.
    const constant: Coding = { codec: 'entropy', step: 1, bytes: 0, reconstruction };
    codings.set(keyOf(tensor, task), finite ? constant : undefined);
  }
  for (const { tensor, task, choice } of items) {
    const { step, bytes } = choice;
    codings.set(keyOf(tensor, task), { codec: 'entropy', step, bytes, reconstruction });
  }
  return (tensor, task) => codings.get(keyOf(tensor, task));
}

const quantizedWeights = ({ jobs }: QuantizePlan): number =>
  jobs
    .flatMap(({ tasks }) => tasks)
    .reduce((sum, { source, coding }) => sum + (source && coding ? elementCount(source.shape) : 0), 0);

/**
 * How much an error of each measured tensor counts. Without a wish: for a size, each tensor's relative error alike,
 * which holds accuracy best (docs/accuracy.md); for an error, that of the whole task vector.
 */
function weightsOf(
  { sensitivity }: QuantizeRecipe,
  kind: Budget['kind'],
  measured: readonly Analyzed[],
): number[] {
  const layers = blockCount(measured.map(({ tensor }) => tensor));
  return sensitivities(
    measured.map(({ tensor, elements, energy }) => ({
      name: tensor,
      elements,
      energy,
      layer: blockOf(tensor),
      layers,
    })),
    [{ kind: sensitivity ?? (kind === 'error' ? 'energy' : 'relative') }],
  );
}

/** Bytes of the file that no choice changes. */
function fixedBytes({ layout, jobs }: QuantizePlan, analyses: readonly Analyzed[]): number {
  const coded = jobs
    .flatMap(({ tasks }) => tasks)
    .reduce(
      (sum, { source, coding }) =>
        sum + (source && coding?.codec === 'entropy' ? codedBytes(coding, elementCount(source.shape)) : 0),
      0,
    );
  const exact = analyses.reduce((sum, { finite, task, tensor }) => {
    const source = finite ? undefined : jobs.find(job => job.tensor === tensor)?.tasks[task]?.source;
    return sum + (source?.bytes ?? 0);
  }, 0);
  return plannedBytes(layout) - coded + exact;
}
