/** Recipes stored beside a model: read from there, they make the same model again. */
import { resolve, sep } from 'node:path';
import type { MergeParameter, MergeRecipe, ParameterValue } from '../../../protocol/recipes.ts';
import { SHARD_BYTES } from '../../../shared/shardBytes.ts';
import { absolute, relativeTo } from '../../match/openNamed.ts';
import type { MergeMethod } from '../methods/method.ts';
import { printableYaml } from '../output/printableYaml.ts';
import { RecipeDocument } from './document.ts';
import { dtypeName, readDtype } from './dtypes.ts';
import { MERGEKIT } from './mergekit.ts';
import { writtenRules } from './nameRules.ts';
import { readShape } from './shape.ts';
import { inMergekitsNames } from './translate.ts';
import { withStandard } from './values.ts';

type Parameters = Readonly<Record<string, ParameterValue>>;

/** Every parameter of a method, including defaults; gradients and rules as in the recipe. */
export const allParameters = (recipe: MergeRecipe, method: MergeMethod): Parameters =>
  written(method.parameters, recipe.parameters);

/** By input: every parameter that can differ by input. If none of its rules matches a tensor, the common value applies. */
export const allInputParameters = (
  { inputs, parameters, inputParameters }: MergeRecipe,
  method: MergeMethod,
): Readonly<Record<string, Parameters>> => {
  const perInput = method.parameters.filter(parameter => parameter.perInput);
  return Object.fromEntries(
    inputs.map(({ name }, i) => [name, written(perInput, { ...parameters, ...inputParameters[i] })]),
  );
};

const written = (declared: readonly MergeParameter[], given: Parameters): Parameters =>
  Object.fromEntries(declared.map(({ name, default: standard }) => [name, given[name] ?? standard]));

/**
 * The recipe as YAML, with paths relative to a folder: the original text with its comments, or generated.
 * @param folder where the text will be stored
 */
export function recipeText(recipe: MergeRecipe, method: MergeMethod, folder: string): string {
  const kept = recipe.text === undefined ? undefined : keptText(recipe, recipe.text, folder);
  return kept ?? writtenText(recipe, method, folder);
}

/** On another drive only the absolute path works. */
function pathFrom(folder: string, path: string): string {
  const way = relativeTo(folder, absolute(path));
  return sep === '\\' ? way.replaceAll('\\', '/') : way;
}

/** The text that a recipe was read from, if only paths and command-line settings have to change. */
function keptText(recipe: MergeRecipe, text: string, folder: string): string | undefined {
  const document = new RecipeDocument(text);
  const shape = readShape(document);
  const from = recipe.folder ?? '';
  const paths = shape.files.map(file => [file.path, pathFrom(folder, absolute(file.text, from))] as const);
  const { dtype, onMismatch, map = [], allowNonfinite, shardBytes, compare } = recipe;
  const compared = compare.map(({ name, path }) => [name, pathFrom(folder, path)] as const);
  const isCompared = compare.every(
    ({ name, path }, i) =>
      shape.compare[i]?.name === name && resolve(from, shape.compare[i].checkpoint.text) === resolve(path),
  );
  return document.with(paths, {
    ...(dtype && readDtype(document, shape) !== dtype ? { out_dtype: dtypeName(dtype) } : {}),
    ...((shape.onMismatch ?? 'error') === onMismatch ? {} : { on_mismatch: onMismatch }),
    ...(JSON.stringify(shape.map ?? []) === JSON.stringify(map) ? {} : { map: writtenRules(map) }),
    ...((shape.allowNonfinite ?? false) === allowNonfinite ? {} : { allow_nonfinite: allowNonfinite }),
    ...((shape.shardBytes ?? SHARD_BYTES) === shardBytes ? {} : { shard_size: shardBytes }),
    ...(isCompared ? {} : { compare: Object.fromEntries(compared) }),
  });
}

function writtenText(recipe: MergeRecipe, method: MergeMethod, folder: string): string {
  const { inputs, lines, dtype, onMismatch, map = [], shardBytes, compare } = recipe;
  const common = Object.fromEntries(
    method.parameters.map(({ name, default: standard }) => [
      name,
      withStandard(recipe.parameters[name], standard),
    ]),
  );
  const document = {
    merge_method: recipe.method,
    ...baseKeys(recipe, folder),
    models: inputs.map(({ name, path, task }, i) => ({
      model: pathFrom(folder, path),
      ...(task === undefined ? {} : { task }),
      name,
      ...ownParameters(recipe.method, recipe.inputParameters[i]),
    })),
    parameters: inMergekitsNames(recipe.method, common),
    ...(lines ? { lines } : {}),
    ...(dtype ? { out_dtype: dtypeName(dtype) } : {}),
    ...(onMismatch === 'error' ? {} : { on_mismatch: onMismatch }),
    ...(map.length === 0 ? {} : { map: writtenRules(map) }),
    ...(recipe.allowNonfinite ? { allow_nonfinite: true } : {}),
    ...(shardBytes === SHARD_BYTES ? {} : { shard_size: shardBytes }),
    ...(compare.length === 0
      ? {}
      : { compare: Object.fromEntries(compare.map(({ name, path }) => [name, pathFrom(folder, path)])) }),
  };
  return printableYaml(document, { version: '1.1', lineWidth: 0 });
}

const ownParameters = (method: string, given: Parameters = {}) =>
  Object.keys(given).length > 0 ? { parameters: inMergekitsNames(method, given) } : {};

/** `base_model` if it means the same to mergekit, else `reference`, which is not itself a model of the merge. */
function baseKeys({ base, inputs, method }: MergeRecipe, folder: string): Record<string, string> {
  const role = MERGEKIT[method]?.base ?? 'origin';
  const models = inputs.map(({ path, task }) => (task === undefined ? absolute(path) : undefined));
  const [first] = models;
  const model = base === undefined ? undefined : absolute(base);
  const among = model !== undefined && models.includes(model);
  const paths = {
    origin: { base_model: among ? undefined : model, reference: among ? model : undefined },
    member: { base_model: among ? model : undefined, reference: among ? undefined : model },
    first: { base_model: first, reference: model === first ? undefined : model },
  }[role];
  return Object.fromEntries(
    Object.entries(paths).flatMap(([key, path]) =>
      path === undefined ? [] : [[key, pathFrom(folder, path)]],
    ),
  );
}
