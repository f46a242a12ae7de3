import type { Gradient, MergeParameter, ParameterScalar, ParameterValue } from '../../../protocol/recipes.ts';
import { nearest } from '../../../shared/nearest.ts';
import { UserError } from '../../../shared/errors.ts';

/** Parameters of one tensor: plain values. */
export type Values = Readonly<Record<string, number | boolean | string>>;

/** Where a parameter is looked up. */
export interface Place {
  readonly tensor: string;
  /** 0 (first block) to 1 (last). */
  readonly depth: number;
}

/** A gradient's value at a depth: linear between its entries, as in mergekit. */
export function gradientAt(gradient: Gradient, depth: number): number {
  if (typeof gradient === 'number') return gradient;
  const position = depth * (gradient.length - 1);
  const below = Math.min(Math.floor(position), gradient.length - 1);
  const from = gradient[below] as number;
  const to = gradient[Math.min(below + 1, gradient.length - 1)] as number;
  return from + (position - below) * (to - from);
}

/** The value at a place; undefined when no rule matches. */
function valueAt(value: ParameterValue, place: Place): number | boolean | string | undefined {
  const scalar = isRules(value)
    ? value.find(({ filter }) => filter === undefined || filter === '*' || place.tensor.includes(filter))
        ?.value
    : value;
  return typeof scalar === 'object' ? gradientAt(scalar, place.depth) : scalar;
}

/** Whether a value is a list of rules rather than one for all tensors. */
export const isRules = (value: ParameterValue): value is Exclude<ParameterValue, ParameterScalar> =>
  Array.isArray(value) && typeof value[0] === 'object';

/** All declared parameters at a place; `sources` are tried in order, then the default. */
export function resolve(
  declared: readonly MergeParameter[],
  sources: readonly Readonly<Record<string, ParameterValue>>[],
  place: Place,
): Values {
  return Object.fromEntries(
    declared.map(({ name, default: standard }) => {
      const given = sources.map(source => source[name]).filter(value => value !== undefined);
      const found = given.map(value => valueAt(value, place)).find(value => value !== undefined);
      return [name, found ?? standard];
    }),
  );
}

/** @throws UserError naming a parameter that is unknown, or a value out of its range */
export function checkParameters(
  method: string,
  declared: readonly MergeParameter[],
  given: Readonly<Record<string, ParameterValue>>,
): void {
  for (const [name, value] of Object.entries(given)) {
    const parameter = declared.find(known => known.name === name);
    if (!parameter) {
      const names = declared.map(known => known.name);
      const meant = nearest(name, names);
      const hint = meant ? `did you mean ${meant}?` : `it has ${names.join(', ') || 'none'}`;
      throw new UserError(`method ${method} has no parameter "${name}"; ${hint}`, 'usage');
    }
    const scalars = isRules(value) ? value.map(rule => rule.value) : [value];
    for (const scalar of scalars.flat()) checkScalar(method, parameter, scalar);
  }
}

function checkScalar(method: string, parameter: MergeParameter, value: number | boolean | string): void {
  const wrong = (expected: string) =>
    new UserError(
      `method ${method}: ${parameter.name} is ${typeof value === 'string' ? JSON.stringify(value) : value}, ${expected} was expected`,
      'usage',
    );
  const { type, minimum = -Infinity, maximum = Infinity, choices = [] } = parameter;
  if (type === 'boolean' && typeof value !== 'boolean') throw wrong('true or false');
  if (type === 'choice' && !choices.includes(value as string)) throw wrong(choices.join(' or '));
  if (type === 'number' || type === 'integer') {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong('a number');
    if (type === 'integer' && !Number.isInteger(value)) throw wrong('a whole number');
    if (value < minimum || value > maximum) throw wrong(`a value from ${minimum} to ${maximum}`);
  }
}
