/** Spends a budget: an analysis measures what each tensor's choices cost, the allocator picks, the result becomes a
 * plan. */
import {
  allocate,
  allocateForError,
  budgetBytes,
  choicesGiven,
  groupsOf,
  measuresOf,
  parseBudget,
  weightsOf,
  type Allocation,
  type Base,
  type Choice,
  type Offset,
} from '../../shared/allocation/index.ts';
import type { EngineBackend } from '../scheduler/engineBackend.ts';
import type { Hooks } from '../scheduler/hooks.ts';
import type { Reconstruction } from '../codecs/gain.ts';
import type { Coding, MeasuredChoice } from '../codecs/registry.ts';
import type { Codings } from './codings.ts';
import type { MeasuredSteps } from './item.ts';
import { analyze, measureTensors } from './measure.ts';
import type { Analysis, Analyzed } from './measured.ts';
import { planQuantize, type QuantizePlan } from './plan.ts';
import { sharedOf, slotsOf, tableOf } from './table.ts';
import { asUserError } from './wishes.ts';

/** The plan whose file fits the recipe's budget, measured and chosen. @throws UserError where none does */
export async function planWithin(
  plan: QuantizePlan,
  backend: EngineBackend,
  hooks: Hooks,
  cache: string | undefined,
): Promise<QuantizePlan> {
  try {
    const analysis = await analyze(plan, backend, hooks, cache);
    const chosen = choose(plan, analysis);
    const quiet = { ...hooks, onProgress: () => undefined };
    const finer = await refine(chosen, (steps, tensor) =>
      measureTensors(plan, backend, quiet, steps, tensor),
    );
    const codings = codingsOf(analysis.tensors, chosen, finer);
    // What was measured is what is to be quantized.
    return { ...(await planQuantize(plan.recipe, backend.room, codings)), stamps: plan.stamps };
  } catch (error) {
    throw asUserError(error);
  }
}

/** What one slot of the table got. */
interface Item {
  readonly tensor: string;
  readonly output: number;
  /** undefined: stored exactly. */
  readonly choice: MeasuredChoice | undefined;
  /** The next finer choice available to it. */
  readonly finer: MeasuredChoice | undefined;
  readonly weight: number;
  /** What its tensor of the shared vector got, if there is one. */
  readonly shared: MeasuredChoice | undefined;
}

interface Chosen {
  readonly items: readonly Item[];
  /** Bytes of the budget that no choice fits in any more; 0 for an error budget. */
  readonly rest: number;
  readonly reconstruction: Reconstruction;
}

function choose(plan: QuantizePlan, analysis: Analysis): Chosen {
  const { recipe } = plan;
  const table = tableOf(plan, analysis);
  const budget = parseBudget(recipe.budget as string);
  const measures = measuresOf(recipe, budget);
  const weights = weightsOf(table, measures);
  const groups = groupsOf(table, measures, recipe.rules);
  let allocation: Allocation;
  let rest = 0;
  if (budget.kind === 'error') {
    const total = weights.reduce((sum, weight, i) => sum + weight * (table.slots.energy[i] as number), 0);
    allocation = allocateForError(groups, budget.relative * total);
  } else {
    const bytes = budgetBytes(budget, table);
    allocation = allocate(groups, bytes);
    rest = bytes - allocation.bytes;
  }
  const slots = slotsOf(recipe, analysis.tensors);
  const measured = slots.flatMap(({ choices }) => choices);
  const shared = sharedOf(recipe, analysis.tensors).flatMap(({ choices }) => choices);
  const items = groups.flatMap((group, g) => {
    const { base, offsets } = allocation.chosen(g);
    const given = base ? (group.base as Base).choices.indexOf(base) : 0;
    return group.slots.map((slot, o): Item => {
      const chosen = offsets[o] as Choice;
      const open = choicesGiven(group.offsets[o] as Offset, given);
      const finer = open[open.indexOf(chosen) - 1];
      const { tensor, output } = slots[slot] as Analyzed;
      return {
        tensor,
        output,
        choice: measured[chosen.codec],
        finer: finer && measured[finer.codec],
        weight: weights[slot] as number,
        shared: base && shared[base.codec],
      };
    });
  });
  return { items, rest, reconstruction: recipe.reconstruction ?? 'unbiased' };
}

/** Steps that are tried between a choice and the next finer one. */
const REFINEMENTS = 16;

/** A choice with a finer one next to it, and room for steps in between. */
interface Refinable extends Item {
  readonly choice: MeasuredChoice;
  readonly finer: MeasuredChoice;
  /** Of the finer choice and the one taken. */
  readonly steps: readonly [number, number];
}

function refinable(item: Item): Refinable[] {
  const { choice, finer } = item;
  if (choice?.coding.codec !== 'entropy' || finer?.coding.codec !== 'entropy') return [];
  return [{ ...item, choice, finer, steps: [finer.coding.step, choice.coding.step] }];
}

/** Spends the rest of a budget, which is less than any next choice costs, on a step in between: of one tensor, the one
 * whose error falls most for its bytes. */
async function refine(
  { items, rest, reconstruction }: Chosen,
  measureOnly: (steps: MeasuredSteps, tensor: string) => Promise<Analyzed[]>,
): Promise<Item | undefined> {
  if (rest <= 0) return undefined;
  const slopeOf = ({ choice, finer, weight }: Refinable): number =>
    (weight * (choice.error[reconstruction] - finer.error[reconstruction])) / (finer.bytes - choice.bytes);
  // A smaller tensor would not use up the rest.
  const wide = items.flatMap(refinable).filter(({ choice, finer }) => finer.bytes - choice.bytes > rest);
  const [best] = wide.sort((a, b) => slopeOf(b) - slopeOf(a));
  if (!best) return undefined;
  const { tensor, output, choice, shared } = best;
  const [fine, coarse] = best.steps;
  const steps = Array.from(
    { length: REFINEMENTS },
    (_, i) => coarse * (fine / coarse) ** ((i + 1) / (REFINEMENTS + 1)),
  );
  const [analysis] = await measureOnly({ output, steps, shared: shared?.coding }, tensor);
  const between = analysis?.choices.find(({ bytes }) => bytes <= choice.bytes + rest);
  return between && { ...best, choice: between };
}

/** @param finer replaces the item of its tensor */
function codingsOf(analyses: readonly Analyzed[], { items }: Chosen, finer: Item | undefined): Codings {
  const codings = new Map<string, Coding | undefined>();
  const shared = new Map<string, Coding | undefined>();
  const keyOf = (tensor: string, output: number): string => `${output} ${tensor}`;
  for (const { tensor, output, finite } of analyses) {
    // A constant needs no codes; what is not finite is stored exactly.
    codings.set(keyOf(tensor, output), finite ? { codec: 'entropy', step: 1, bytes: 0 } : undefined);
  }
  for (const item of finer ? [...items, finer] : items) {
    codings.set(keyOf(item.tensor, item.output), item.choice?.coding);
    shared.set(item.tensor, item.shared?.coding);
  }
  const chosen = (tensor: string, output: number) => codings.get(keyOf(tensor, output));
  return {
    task: chosen,
    small: chosen,
    shared: tensor => shared.get(tensor),
  };
}
