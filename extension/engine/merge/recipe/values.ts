/** Values of parameters in a recipe file: scalars, gradients, and rules by tensor name. */
import type { ParameterScalar, ParameterValue } from '../../../protocol/recipes.ts';
import type { Path, RecipeDocument } from './document.ts';
import { isMapping } from './fields.ts';
import { isRules } from './parameters.ts';
import { unknown } from './strangers.ts';

type Rules = Exclude<ParameterValue, ParameterScalar>;

/** Whether a value applies to every tensor: the empty filter is in every name. */
export const isExhaustive = (value: ParameterValue): boolean =>
  !isRules(value) || value.some(({ filter = '' }) => filter === '' || filter === '*');

/** The same value, but with `standard` for tensors that match none of its rules. */
export function withStandard(value: ParameterValue | undefined, standard: ParameterValue): ParameterValue {
  if (value === undefined) return standard;
  if (!isRules(value) || isExhaustive(value)) return value;
  return [...value, ...(isRules(standard) ? standard : [{ filter: undefined, value: standard }])];
}

/** Applies `change` to the value, or to that of each rule. */
export const mapScalars = (
  value: ParameterValue,
  change: (scalar: ParameterScalar) => ParameterScalar,
): ParameterValue =>
  isRules(value) ? value.map(rule => ({ ...rule, value: change(rule.value) })) : change(value);

const RULE_KEYS = ['filter', 'value'];

/** @throws UserError naming the line */
export function readValue(document: RecipeDocument, path: Path, value: unknown): ParameterValue {
  const name = String(path.at(-1));
  if (isMapping(value)) return [readRule(document, path, name, value)];
  if (!Array.isArray(value) || !value.some(isMapping)) return readScalar(document, path, name, value);
  return value.map((item: unknown, i) => readRule(document, [...path, i], name, item));
}

function readRule(document: RecipeDocument, path: Path, name: string, rule: unknown): Rules[number] {
  if (!isMapping(rule))
    throw document.error(path, `${name}: a list holds either values or rules (filter, value), not both`);
  const extra = Object.keys(rule).find(key => !RULE_KEYS.includes(key));
  if (extra !== undefined)
    throw document.error([...path, extra], `${name}: ${unknown(extra, 'key', RULE_KEYS)}`);
  const filter = rule.filter ?? undefined;
  if (filter !== undefined && typeof filter !== 'string')
    throw document.error([...path, 'filter'], `${name}: filter: a part of a tensor's name was expected`);
  return { filter, value: readScalar(document, [...path, 'value'], name, rule.value) };
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Numbers in quotes are numbers, as in mergekit; so are those with an exponent but no dot, which YAML 1.1 reads as text. */
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;

function readScalar(document: RecipeDocument, path: Path, name: string, given: unknown): ParameterScalar {
  const value: unknown = Array.isArray(given) ? given.map(asNumber) : asNumber(given);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) throw document.error(path, `${name} has no value`);
  if (value.every(item => typeof item === 'number')) return value;
  const [first] = value as unknown[];
  if ((typeof first === 'boolean' || typeof first === 'string') && value.every(item => item === first))
    return first;
  throw document.error(
    path,
    `${name}: a gradient is a list of numbers; for different values in some layers write rules, \`- filter: layers.3.\` and \`value: …\``,
  );
}
