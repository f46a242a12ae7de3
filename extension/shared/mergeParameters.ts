/** A merge method's parameters during editing, with the same rules for the wizard and the Studio. */
import type { MergeParameter, ParameterScalar } from '../protocol/recipes.ts';

/** What was changed; everything else has its default. */
export interface Edits {
  /** By parameter. */
  readonly shared: Readonly<Record<string, ParameterScalar>>;
  /** By input, then by parameter; these win over the shared ones. */
  readonly byInput: ReadonlyMap<string, Readonly<Record<string, ParameterScalar>>>;
}

export const NO_EDITS: Edits = { shared: {}, byInput: new Map() };

/** Why a text is not a value of a parameter. */
export type Fault =
  | { readonly kind: 'number' | 'integer' | 'list' }
  | { readonly kind: 'range'; readonly minimum: number; readonly maximum: number };

/** `value` is undefined for the default. */
export type Parsed = { readonly value: ParameterScalar | undefined } | { readonly fault: Fault };

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** As it is typed; a list is written as in YAML. */
export const formatValue = (value: ParameterScalar): string =>
  Array.isArray(value) ? `[${value.join(', ')}]` : String(value);

/** Parses typed text; empty means the default, "[0, 0.5, 1]" a gradient over the layers. */
export function parseValue(parameter: MergeParameter, text: string): Parsed {
  const typed = text.trim();
  if (typed === '') return { value: undefined };
  const list = /^\[(.*)\]$/.exec(typed)?.[1];
  if (list !== undefined && parameter.type === 'integer') return { fault: { kind: 'integer' } };
  // Lists need brackets, because "0,5" is usually meant as a decimal comma.
  const words = list === undefined ? [typed] : list.split(',').map(word => word.trim());
  if (!words.every(word => NUMBER.test(word)))
    return { fault: { kind: list === undefined ? 'number' : 'list' } };
  const numbers = words.map(Number);
  const { minimum = -Infinity, maximum = Infinity } = parameter;
  if (parameter.type === 'integer' && !numbers.every(Number.isInteger)) return { fault: { kind: 'integer' } };
  if (numbers.some(number => !Number.isFinite(number) || number < minimum || number > maximum)) {
    return { fault: { kind: 'range', minimum, maximum } };
  }
  return { value: list === undefined ? numbers[0] : numbers };
}

/**
 * The text that was most likely meant by a refused one: "0,5" and "50 %" mean 0.5, and a number beyond the bounds means
 * the bound. undefined if there is none.
 */
export function suggestText(parameter: MergeParameter, text: string): string | undefined {
  const { type, minimum = -Infinity, maximum = Infinity } = parameter;
  const [, digits = '', percent] = /^\s*(.*?)\s*(%?)\s*$/.exec(text) ?? [];
  const number = Number(digits.replace(',', '.'));
  if (digits === '' || !Number.isFinite(number)) return undefined;
  const meant = percent === '%' ? number / 100 : number;
  const bounded = Math.min(Math.max(meant, minimum), maximum);
  const suggestion = String(type === 'integer' ? Math.round(bounded) : bounded);
  return 'fault' in parseValue(parameter, suggestion) ? undefined : suggestion;
}

/** The effective value, for one input or for those without their own value. */
export function valueOf(parameter: MergeParameter, edits: Edits, input?: string): ParameterScalar {
  const own = input === undefined ? undefined : edits.byInput.get(input)?.[parameter.name];
  return own ?? edits.shared[parameter.name] ?? parameter.default;
}

export const isDefault = (parameter: MergeParameter, value: ParameterScalar): boolean =>
  formatValue(value) === formatValue(parameter.default);

/** Sets a parameter of one input, or of all of them; undefined sets the default. */
export function withValue(
  edits: Edits,
  parameter: MergeParameter,
  value: ParameterScalar | undefined,
  input?: string,
): Edits {
  const { name } = parameter;
  if (input !== undefined) {
    const own = { ...edits.byInput.get(input), [name]: value ?? parameter.default };
    return { ...edits, byInput: new Map([...edits.byInput, [input, own]]) };
  }
  const shared = without(edits.shared, name);
  return {
    shared: value === undefined ? shared : { ...shared, [name]: value },
    byInput: new Map([...edits.byInput].map(([id, own]) => [id, without(own, name)])),
  };
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}

/** The values of the inputs: a single one if all have the same. */
export function valuesOf(
  parameter: MergeParameter,
  edits: Edits,
  inputs: readonly string[],
): ParameterScalar[] {
  if (!parameter.perInput) return [valueOf(parameter, edits)];
  const values = inputs.map(input => valueOf(parameter, edits, input));
  const texts = new Set(values.map(formatValue));
  return texts.size <= 1 ? values.slice(0, 1) : values;
}

/** The recipe's `inputParameters`, for the inputs that still exist. */
export function inputParametersOf(
  edits: Edits,
  inputs: readonly string[],
): Readonly<Record<string, ParameterScalar>>[] {
  return inputs.map(input => edits.byInput.get(input) ?? {});
}
