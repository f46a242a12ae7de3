/** Converts what an analysis measured, and the wishes, to the allocator's groups. */
import type { AnalysisTable } from '../../protocol/analysis.ts';
import type { TensorRule } from '../../protocol/recipes.ts';
import { groupBy } from '../groupBy.ts';
import type { Columns } from './hull.ts';
import { alone, type Choice, type Group } from './model.ts';
import { patternOf } from './pattern.ts';
import { rulesBytes } from './provenance.ts';
import { sensitivities, type Measure } from './sensitivity.ts';

/** `codec` of a slot that is stored exactly; for any other choice it is its number in the table. */
export const EXACT = -1;

/** The wishes for one slot, all rules combined. */
export type Wish = Pick<TensorRule, 'bits' | 'min' | 'max'>;

/** The wishes for every slot of a table. @throws AllocationError when a pattern is not valid */
export function wishesOf({ tensors, tasks, slots }: AnalysisTable, rules: readonly TensorRule[]): Wish[] {
  const matchers = rules.map(rule => ({ rule, expression: patternOf(rule.tensors) }));
  return Array.from(slots.end, (_, slot) => {
    const { name } = tensors[slots.tensor[slot] as number] as AnalysisTable['tensors'][number];
    const task = tasks[slots.task[slot] as number];
    const wish: { -readonly [K in keyof Wish]: Wish[K] } = {};
    for (const { rule, expression } of matchers) {
      if ((rule.task ?? task) !== task || !expression.test(name)) continue;
      wish.bits = rule.bits ?? wish.bits;
      wish.min = rule.min ?? wish.min;
      wish.max = rule.max ?? wish.max;
    }
    return wish;
  });
}

/** Weights of the slots' errors. @throws AllocationError when a measure is not valid */
export const weightsOf = ({ tensors, slots }: AnalysisTable, measures: readonly Measure[]): number[] =>
  sensitivities(
    Array.from(slots.end, (_, slot) => {
      const { name, shape, layer } = tensors[
        slots.tensor[slot] as number
      ] as AnalysisTable['tensors'][number];
      const elements = shape.reduce((product, size) => product * size, 1);
      return { name, elements, energy: slots.energy[slot] as number, layer };
    }),
    measures,
  );

/** A group that knows which slots of the table its offsets are. */
export interface SlotGroup extends Group {
  readonly slots: readonly number[];
}

/** The group of a single slot: the choices that a wish leaves. */
export const slotGroup = (
  table: AnalysisTable,
  slot: number,
  weight: number,
  wish: Wish = {},
): SlotGroup => ({
  ...alone(nameOf(table, slot), admitted(table, slot, wish), { weight }),
  slots: [slot],
});

/** The fixed part of the file, so that budgets are file sizes. */
export const fixedGroup = ({ fixedBytes }: AnalysisTable, rules: readonly TensorRule[]): SlotGroup => ({
  ...alone('header', [{ codec: EXACT, bytes: fixedBytes + rulesBytes(rules), error: 0 }]),
  slots: [],
});

/** All groups of a table: those of shared tensors, then one for each other slot, then the fixed one. */
export function groupsOf(
  table: AnalysisTable,
  measures: readonly Measure[],
  rules: readonly TensorRule[] = [],
): SlotGroup[] {
  const wishes = wishesOf(table, rules);
  const weights = weightsOf(table, measures);
  const shared = sharedGroups(table, weights, wishes);
  const taken = new Set(shared.flatMap(({ slots }) => slots));
  const standing = wishes.flatMap((wish, slot) =>
    taken.has(slot) ? [] : [slotGroup(table, slot, weights[slot] as number, wish)],
  );
  return [...shared, ...standing, fixedGroup(table, rules)];
}

/**
 * A group for each tensor of the shared vector. Its own error counts once for each task: the offsets absorb it, but in
 * a sum of all tasks only the shared vector remains.
 */
function sharedGroups(
  table: AnalysisTable,
  weights: readonly number[],
  wishes: readonly Wish[],
): SlotGroup[] {
  const { shared, slots } = table;
  if (!shared) return [];
  const slotsOf = groupBy(range(0, slots.end.length), slot => slots.tensor[slot] as number);
  return Array.from(shared.tensor, (tensor, position) => {
    const members = slotsOf.get(tensor) ?? [];
    const first = position === 0 ? 0 : (shared.end[position - 1] as number);
    const choices = range(first, shared.end[position] as number).map(number => choiceAt(shared, number));
    const weight = members.reduce((sum, slot) => sum + (weights[slot] as number), 0);
    return {
      name: table.tensors[tensor]?.name as string,
      base: { choices, weight },
      offsets: members.map(slot => ({
        weight: weights[slot] as number,
        choices: choices.map((_, given) => admitted(table, slot, wishes[slot] as Wish, given)),
      })),
      slots: members,
    };
  });
}

function nameOf({ tensors, tasks, slots }: AnalysisTable, slot: number): string {
  return `${tasks[slots.task[slot] as number]}: ${tensors[slots.tensor[slot] as number]?.name}`;
}

const choiceAt = ({ bytes, error }: Columns, number: number): Choice => ({
  codec: number,
  bytes: bytes[number] as number,
  error: error[number] as number,
});

/** Numbers from `first` up to, but not including, `end`. */
const range = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, i) => first + i);

/**
 * The choices of a slot that a wish leaves; if it leaves none, the one closest to it.
 * @param given the shared vector's choice that they were measured with
 */
function admitted(
  { slots, choices }: AnalysisTable,
  slot: number,
  { bits, min, max }: Wish,
  given?: number,
): Choice[] {
  if (bits === 'exact') return [{ codec: EXACT, bytes: slots.exactBytes[slot] as number, error: 0 }];
  const first = slot === 0 ? 0 : (slots.end[slot - 1] as number);
  const all = range(first, slots.end[slot] as number);
  const numbers = given === undefined ? all : all.filter(number => choices.given?.[number] === given);
  const pinned = typeof bits === 'number' ? bits : undefined;
  const least = pinned === undefined ? (min ?? 0) : 0;
  const most = pinned ?? max ?? Infinity;
  const bitsOf = (number: number): number => choices.bits[number] as number;
  // From wide to narrow: if all are too wide, the narrowest is used, and vice versa.
  const narrow = numbers.filter(number => bitsOf(number) <= most);
  const fitting = narrow.filter(number => bitsOf(number) >= least);
  const kept =
    pinned !== undefined || fitting.length === 0
      ? (narrow.length > 0 ? narrow : numbers.slice(-1)).slice(0, 1)
      : fitting;
  return kept.map(number => choiceAt(choices, number));
}
