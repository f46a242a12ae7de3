/**
 * Recipes from a language model's input: checked like all others, with paths in the workspace only, and never
 * overwriting. No `vscode` here, so that tests can run it.
 */
import { DEFAULTS, parseMergeRecipe, parseQuantizeRecipe } from '../../protocol/recipeSchemas.ts';
import type { MergeRecipe, QuantizeRecipe } from '../../protocol/recipes.ts';
import { SHARD_BYTES } from '../../shared/shardBytes.ts';
import { workspacePath, type Folder } from './workspacePath.ts';

/** Fields of the tools' inputs; the manifest describes them to the model. */
// prettier-ignore
export const QUANTIZE_FIELDS =
  ['base', 'tasks', 'output', 'scheme', 'bits', 'baseBits', 'budget', 'keep'] as const;
// prettier-ignore
export const MERGE_FIELDS =
  ['base', 'inputs', 'method', 'parameters', 'inputParameters', 'lines', 'output', 'dtype', 'onMismatch'] as const;

export function quantizeRecipe(input: unknown, folders: readonly Folder[]): QuantizeRecipe {
  const asked = fieldsOf(input, QUANTIZE_FIELDS);
  const { scheme = 'tvq', budget } = asked;
  const widths = asked.bits ?? asked.baseBits;
  if (budget !== undefined && (scheme === 'fq' || widths !== undefined)) {
    throw new Error(
      'A budget needs scheme "tvq" or "rtvq" and sets the bits itself: leave out "bits" and "baseBits".',
    );
  }
  const recipe = parseQuantizeRecipe({
    ...DEFAULTS[scheme as QuantizeRecipe['scheme']],
    keep: [],
    ...asked,
    kind: 'quantize',
    scheme,
    keepRule: 'vectors',
    overwrite: false,
  });
  return {
    ...recipe,
    base: workspacePath(recipe.base, folders),
    tasks: recipe.tasks.map(task => ({ ...task, path: workspacePath(task.path, folders) })),
    output: workspacePath(recipe.output, folders),
  };
}

export function mergeRecipe(input: unknown, folders: readonly Folder[]): MergeRecipe {
  const asked = fieldsOf(input, MERGE_FIELDS);
  const recipe = parseMergeRecipe({
    parameters: {},
    inputParameters: Array.isArray(asked.inputs) ? asked.inputs.map(() => ({})) : [],
    ...asked,
    kind: 'merge',
    shardBytes: SHARD_BYTES,
    overwrite: false,
    resume: false,
  });
  return {
    ...recipe,
    base: recipe.base === undefined ? undefined : workspacePath(recipe.base, folders),
    inputs: recipe.inputs.map(one => ({ ...one, path: workspacePath(one.path, folders) })),
    output: workspacePath(recipe.output, folders),
  };
}

/** The path to look at; undefined: the whole workspace. */
export function inspectedPath(input: unknown, folders: readonly Folder[]): string | undefined {
  const { path } = fieldsOf(input, ['path']);
  if (path === undefined) return undefined;
  if (typeof path !== 'string') throw new Error('"path" is not a string.');
  return workspacePath(path, folders);
}

/** An unknown field would be silently ignored, so it is refused. */
function fieldsOf<Field extends string>(
  input: unknown,
  known: readonly Field[],
): Partial<Record<Field, unknown>> {
  if (typeof input !== 'object' || input === null) throw new Error('The input is not an object.');
  const stranger = Object.keys(input).find(field => !(known as readonly string[]).includes(field));
  if (stranger !== undefined) {
    throw new Error(`There is no field "${stranger}"; the fields are ${known.join(', ')}.`);
  }
  return input;
}
