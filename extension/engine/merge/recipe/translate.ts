/** From the parameters of a recipe file to those of our methods. */
import type { ParameterScalar, ParameterValue } from '../../../protocol/recipes.ts';
import { UserError } from '../../../shared/errors.ts';
import type { MergeMethod } from '../methods/method.ts';
import { checkParameters, isRules } from './parameters.ts';
import { METHODS } from '../methods/registry.ts';
import type { Path, RecipeDocument } from './document.ts';
import { BREADCRUMBS, MERGEKIT, type Row } from './mergekit.ts';
import type { Given } from './shape.ts';
import { passOver } from './strangers.ts';
import { isExhaustive, mapScalars, readValue, withStandard } from './values.ts';

/** Parameters of a model, with its name. */
export interface GivenOfModel extends Given {
  readonly name: string;
}

type Parameters = Record<string, ParameterValue>;

export interface Translated {
  readonly parameters: Readonly<Parameters>;
  /** By model. */
  readonly inputParameters: readonly Readonly<Parameters>[];
}

/**
 * The document collects faults, and notes what has no effect.
 * @param shared parameters of the whole merge; the first that has a value for a tensor wins
 */
export function translate(
  document: RecipeDocument,
  method: MergeMethod,
  shared: readonly Given[],
  models: readonly GivenOfModel[],
): Translated {
  document.attempt(() => checkBreadcrumbs(document, method, [...shared, ...models]));
  const rows = rowsOf(method);
  const context = { document, method, rows };
  const parameters: Parameters = {};
  for (const given of shared) {
    for (const [name, value] of Object.entries(translateAll(context, given, true)))
      parameters[name] = withStandard(parameters[name], value);
  }
  const inputParameters = models.map(model => translateAll(context, model, false));
  for (const [name, row] of Object.entries(rows)) {
    if (row.to === undefined) continue;
    if (row.standard === undefined)
      checkGiven(
        context,
        [name, row],
        { path: shared[0]?.path ?? [], models, shared },
        { parameters, inputParameters },
      );
    else parameters[row.to] = withStandard(parameters[row.to], named(row, row.standard));
  }
  for (const [name, standard] of Object.entries(MERGEKIT[method.name]?.fixed ?? {}))
    parameters[name] = withStandard(parameters[name], standard);
  return { parameters, inputParameters };
}

interface Context {
  readonly document: RecipeDocument;
  readonly method: MergeMethod;
  readonly rows: Readonly<Record<string, Row>>;
}

/** Methods that mergekit lacks still accept its `lambda` and `int8_mask`. */
export function rowsOf(method: MergeMethod): Readonly<Record<string, Row>> {
  const known = MERGEKIT[method.name]?.rows;
  if (known) return known;
  const scale = method.parameters.find(({ name }) => name === 'scale')?.default;
  const why = 'it has no counterpart here';
  return {
    int8_mask: { why },
    ...(typeof scale === 'number' && { lambda: { to: 'scale', standard: scale, why: 'the same' } }),
  };
}

/** Our name for a switch's value; other values unchanged (including our own names). */
function named(row: Row | undefined, value: ParameterScalar): ParameterScalar {
  if (!row?.named || typeof value !== 'boolean') return value;
  return row.named[value ? 0 : 1];
}

/** Parameters by mergekit's names, if it has the method: the reverse of `translate`. */
export function inMergekitsNames(
  method: string,
  parameters: Readonly<Record<string, ParameterValue>>,
): Readonly<Record<string, ParameterValue>> {
  const rows = Object.entries(MERGEKIT[method]?.rows ?? {});
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const [theirs, row] = rows.find(([, { to }]) => to === name) ?? [name, undefined];
      const [on, off] = row?.named ?? [];
      const change = (scalar: ParameterScalar) => (scalar === on ? true : scalar === off ? false : scalar);
      return [theirs, row?.named ? mapScalars(value, change) : value];
    }),
  );
}

const SWITCHES: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  on: true,
  off: false,
};

/** Switches may also be numbers (0 is off, as in Python) or quoted. */
function asSwitch(value: ParameterScalar): ParameterScalar {
  if (typeof value === 'number') return value !== 0;
  return typeof value === 'string' ? (SWITCHES[value.toLowerCase()] ?? value) : value;
}

function translateAll(context: Context, { path, values }: Given, shared: boolean): Parameters {
  const { document, method, rows } = context;
  const found: Parameters = {};
  const from: Record<string, string> = {};
  const translateOne = (name: string, raw: unknown) => {
    const place = [...path, name];
    const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
    if (row && row.to === undefined && row.only === undefined)
      return document.note(place, `${name} has no effect; ${row.why}`);
    if (row?.only !== undefined) return checkOnly(document, place, raw, row);
    const ours = row?.to ?? name;
    const parameter = method.parameters.find(known => known.name === ours);
    if (!parameter) return passOverParameter(context, place);
    if (!shared && !(row ? row.each : parameter.perInput))
      return document.note(
        place,
        `${name} counts for the whole merge and has no effect for one model, as in mergekit; it belongs in the parameters beside merge_method`,
      );
    const twin = from[parameter.name];
    if (twin !== undefined) throw document.error(place, `${name} and ${twin} are the same; give one of them`);
    from[parameter.name] = name;
    const isSwitch = row?.named !== undefined || parameter.type === 'boolean';
    const value = mapScalars(readValue(document, place, raw), scalar =>
      named(row, isSwitch ? asSwitch(scalar) : scalar),
    );
    located(document, place, () => checkParameters(method.name, [{ ...parameter, name }], { [name]: value }));
    found[parameter.name] = value;
  };
  for (const [name, raw] of Object.entries(values)) document.attempt(() => translateOne(name, raw));
  return found;
}

function checkOnly(document: RecipeDocument, place: Path, raw: unknown, { only, why }: Row): void {
  const value = readValue(document, place, raw);
  const plain = typeof only === 'boolean' && !isRules(value) ? asSwitch(value) : value;
  if (plain !== only)
    throw document.error(place, `${place.at(-1)}: ${JSON.stringify(raw)} is not supported; ${why}`);
}

/** Every parameter of any method, by mergekit's names and by ours. */
const PARAMETERS: ReadonlySet<string> = new Set([
  ...Object.values(MERGEKIT).flatMap(({ rows }) => Object.keys(rows)),
  ...METHODS.flatMap(({ parameters }) => parameters.map(({ name }) => name)),
]);

/** mergekit ignores parameters that a method does not have. */
function passOverParameter({ document, method, rows }: Context, place: Path): void {
  const name = String(place.at(-1));
  if (method.name === 'breadcrumbs' && name === 'density') return; // see checkBreadcrumbs
  if (PARAMETERS.has(name))
    return document.note(place, `method ${method.name} has no ${name}; it has no effect, as in mergekit`);
  passOver(document, place, 'parameter', [
    ...new Set([...Object.keys(rows), ...method.parameters.map(known => known.name)]),
  ]);
}

/** Refuses a merge in which a tensor of some model would lack a value that mergekit requires. */
function checkGiven(
  { document, method }: Context,
  [name, { to = name, each }]: readonly [string, Row],
  {
    path,
    models,
    shared,
  }: { readonly path: Path; readonly models: readonly GivenOfModel[]; readonly shared: readonly Given[] },
  { parameters, inputParameters }: Translated,
): void {
  const common = parameters[to];
  if (common !== undefined && isExhaustive(common)) return;
  // Its fault is already reported.
  if (common === undefined && shared.some(({ values }) => Object.hasOwn(values, name))) return;
  const places = each
    ? models.map((model, i) => ({ ...model, value: inputParameters[i]?.[to] }))
    : [{ path, values: {}, name: '', value: undefined }];
  for (const { path: place, values, name: model, value } of places) {
    if (Object.hasOwn(values, name) && value === undefined) continue; // likewise
    if (value !== undefined && isExhaustive(value)) continue;
    const whose = model && ` of ${model}`;
    const isBase = place[0] === 'base_model';
    const remedy = isBase ? ': list the base among the models with it, or leave base_model out' : '';
    document.fault(
      place,
      (value ?? common) === undefined
        ? `${name}${whose} is missing; method ${method.name} needs it, as in mergekit${remedy}`
        : `${name}${whose} is missing for tensors that match none of its filters; end the list with \`- value: …\``,
    );
  }
}

function checkBreadcrumbs(document: RecipeDocument, method: MergeMethod, given: readonly Given[]): void {
  if (method.name !== 'breadcrumbs') return;
  const has = (name: string) => given.some(({ values }) => Object.hasOwn(values, name));
  if (has('density') || !has('beta')) throw document.error(['merge_method'], BREADCRUMBS);
}

/** Adds the line to what `check` throws. */
function located(document: RecipeDocument, place: Path, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof UserError ? document.error(place, error.message) : error;
  }
}
