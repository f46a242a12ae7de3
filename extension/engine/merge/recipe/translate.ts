/** From the parameters of a recipe file to those of our methods. */
import type { MergeParameter, ParameterScalar, ParameterValue } from '../../../protocol.ts';
import { UserError } from '../../errors.ts';
import type { MergeMethod } from '../method.ts';
import { checkParameters } from '../parameters.ts';
import type { Path, RecipeDocument } from './document.ts';
import { BREADCRUMBS, MERGEKIT, type Row } from './mergekit.ts';
import { unknown } from './schema.ts';
import { isExhaustive, mapScalars, readValue, withStandard } from './values.ts';

/** Parameters as the file has them, and where. */
export interface Given {
  readonly path: Path;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Those of a model, with the name it is called by. */
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
 * @param shared parameters of the whole merge
 * @param note told of what has no effect
 * @throws UserError naming the line, the parameter and what to do
 */
export function translate(
  document: RecipeDocument,
  method: MergeMethod,
  shared: Given,
  models: readonly GivenOfModel[],
  note: (line: string) => void,
): Translated {
  checkBreadcrumbs(document, method, [shared, ...models]);
  const rows = rowsOf(method);
  const context = { document, method, rows, shared, models, note };
  const parameters = translateAll(context, shared, true);
  const inputParameters = models.map(model => translateAll(context, model, false));
  for (const [name, row] of Object.entries(rows)) {
    if (row.to === undefined) continue;
    if (row.standard === undefined) checkGiven(context, name, row, { parameters, inputParameters });
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
  readonly shared: Given;
  readonly models: readonly GivenOfModel[];
  readonly note: (line: string) => void;
}

/** Methods that mergekit lacks know its `lambda` and `int8_mask` all the same. */
function rowsOf(method: MergeMethod): Readonly<Record<string, Row>> {
  const known = MERGEKIT[method.name]?.rows;
  if (known) return known;
  const scale = method.parameters.find(({ name }) => name === 'scale')?.default;
  const why = 'it has no counterpart here';
  return {
    int8_mask: { why },
    ...(typeof scale === 'number' && { lambda: { to: 'scale', standard: scale, why: 'the same' } }),
  };
}

/** Our name of a switch's value; other values as they are (our own names among them). */
function named(row: Row | undefined, value: ParameterScalar): ParameterScalar {
  if (!row?.named) return value;
  if (value === true || value === 1) return row.named[0];
  return value === false || value === 0 ? row.named[1] : value;
}

function translateAll(context: Context, { path, values }: Given, shared: boolean): Parameters {
  const { document, method, rows, note } = context;
  const found: Parameters = {};
  const from: Record<string, string> = {};
  for (const [name, raw] of Object.entries(values)) {
    const place = [...path, name];
    const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
    if (row && row.to === undefined && row.only === undefined) {
      note(`line ${document.line(place)}: ${name} has no effect; ${row.why}`);
      continue;
    }
    const value = readValue(document, place, raw);
    if (row?.only !== undefined) {
      if (value !== row.only && value !== Number(row.only))
        throw document.error(place, `${name}: ${JSON.stringify(raw)} is not supported; ${row.why}`);
      continue;
    }
    const parameter = parameterOf(context, name, row, place);
    if (!shared && !(row ? row.each : parameter.perInput))
      throw document.error(
        place,
        `${name} counts for the whole merge; move it to the parameters beside merge_method`,
      );
    const twin = from[parameter.name];
    if (twin !== undefined) throw document.error(place, `${name} and ${twin} are the same; give one of them`);
    from[parameter.name] = name;
    const ours = mapScalars(value, scalar => named(row, scalar));
    located(document, place, () => checkParameters(method.name, [{ ...parameter, name }], { [name]: ours }));
    found[parameter.name] = ours;
  }
  return found;
}

function parameterOf(
  { document, method, rows }: Context,
  name: string,
  row: Row | undefined,
  place: Path,
): MergeParameter {
  const ours = row?.to ?? name;
  const parameter = method.parameters.find(known => known.name === ours);
  if (parameter) return parameter;
  const names = new Set([...Object.keys(rows), ...method.parameters.map(known => known.name)]);
  throw document.error(place, `${unknown(name, 'parameter', [...names])} (method ${method.name})`);
}

/** Refuses a merge in which a tensor of some model would be without a value that mergekit demands. */
function checkGiven(
  { document, method, shared, models }: Context,
  name: string,
  { to = name, each }: Row,
  { parameters, inputParameters }: Translated,
): void {
  const common = parameters[to];
  if (common !== undefined && isExhaustive(common)) return;
  const places = each
    ? models.map((model, i) => ({ ...model, value: inputParameters[i]?.[to] }))
    : [{ ...shared, name: '', value: undefined }];
  const missing = places.find(({ value }) => value === undefined || !isExhaustive(value));
  if (!missing) return;
  const whose = missing.name && ` of ${missing.name}`;
  const partly = missing.value ?? common;
  const isBase = missing.path[0] === 'base_model';
  const remedy = isBase ? ': list the base among the models with it, or leave base_model out' : '';
  throw document.error(
    missing.path,
    partly === undefined
      ? `${name}${whose} is missing; method ${method.name} needs it, as in mergekit${remedy}`
      : `${name}${whose} is missing for tensors that none of its filters is for; end the list with \`- value: …\``,
  );
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
