/** Checks what came from a page, or from a state that one saved. */
import type { NamedPath, TensorRule } from '../../protocol/recipes.ts';
import type { StudioOrder, StudioSelection } from '../../protocol/studio.ts';
import { parseBudget, patternOf } from '../../shared/allocation/index.ts';

/** More than any model has layers or tasks. */
const MAX_TASKS = 4096;
const MAX_RULES = 4096;
const MAX_TEXT = 1000;
const MAX_PATH = 32_768;

const SENSITIVITIES = [undefined, 'relative', 'energy', 'depth'] as const;

type Fields<T> = Partial<Record<keyof T, unknown>>;

/** undefined where it is no selection. */
export function checkSelection(value: unknown): StudioSelection | undefined {
  const { base, tasks, source, start, note } = fieldsOf<StudioSelection>(value);
  if (!isNamedPath(base) || !Array.isArray(tasks) || tasks.length === 0 || tasks.length > MAX_TASKS)
    return undefined;
  if (!tasks.every(isNamedPath)) return undefined;
  const order = orderOf(start);
  return {
    base: named(base),
    tasks: tasks.map(named),
    ...(isText(source, MAX_PATH) && source !== '' ? { source } : {}),
    ...(order === undefined ? {} : { start: order }),
    ...(isText(note, MAX_TEXT) ? { note } : {}),
  };
}

/** undefined where it is no order. */
function orderOf(value: unknown): StudioOrder | undefined {
  try {
    return checkOrder(value);
  } catch {
    return undefined;
  }
}

/** @throws naming the field that is wrong */
export function checkOrder(value: unknown): StudioOrder {
  const { budget, sensitivity, rules } = fieldsOf<StudioOrder>(value);
  if (!isText(budget, 100)) throw refused('budget');
  parseBudget(budget);
  const measure = SENSITIVITIES.find(known => known === (sensitivity ?? undefined));
  if (measure === undefined && sensitivity !== undefined && sensitivity !== null) throw refused('measure');
  if (!Array.isArray(rules) || rules.length > MAX_RULES) throw refused('list of rules');
  return { budget, sensitivity: measure, rules: rules.map(checkRule) };
}

function checkRule(value: unknown): TensorRule {
  const { tensors, task, bits, min, max } = fieldsOf<TensorRule>(value);
  if (!isText(tensors, MAX_TEXT) || tensors === '') throw refused('rule');
  patternOf(tensors);
  if (task !== undefined && !isText(task, MAX_TEXT)) throw refused('rule');
  if (bits !== undefined && bits !== 'exact' && bits !== 'auto' && !isBits(bits)) throw refused('rule');
  if (min !== undefined && !isBits(min)) throw refused('rule');
  if (max !== undefined && !isBits(max)) throw refused('rule');
  // Only what is there: a rule is written into the file as it is.
  return {
    tensors,
    ...(task === undefined ? {} : { task }),
    ...(bits === undefined ? {} : { bits }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

function fieldsOf<T>(value: unknown): Fields<T> {
  return typeof value === 'object' && value !== null ? value : {};
}

function isNamedPath(value: unknown): value is NamedPath {
  const { name, path } = fieldsOf<NamedPath>(value);
  return isText(name, MAX_TEXT) && isText(path, MAX_PATH) && path !== '';
}

const named = ({ name, path }: NamedPath): NamedPath => ({ name, path });

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length <= most;

const isBits = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 32;

const refused = (what: string): Error => new Error(`The page's ${what} is not valid.`);
