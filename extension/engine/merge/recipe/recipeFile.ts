/** Recipe files: mergekit's YAML schema for the methods both have, with a few keys of our own (docs/recipes.md). */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { MergeRecipe, NamedPath, NameRule } from '../../../protocol/recipes.ts';
import { SHARD_BYTES } from '../../../shared/shardBytes.ts';
import { readRegular, statFile } from '../../../formats/regularFile.ts';
import { decodeText } from '../../../formats/smallFile.ts';
import { describeSystemError, UserError } from '../../../shared/errors.ts';
import { parseMergeRecipe } from '../../../protocol/recipeSchemas.ts';
import type { MergeMethod } from '../methods/method.ts';
import { MAX_RECIPE_BYTES, RecipeDocument } from './document.ts';
import { readDtype } from './dtypes.ts';
import { expandTasks, isWholeFile } from './expand.ts';
import type { Text } from './fields.ts';
import { LACKING, MERGEKIT } from './mergekit.ts';
import { readModels, type Models, type Surroundings } from './models.ts';
import { checkOnDisk } from './onDisk.ts';
import { readShape, type Shape } from './shape.ts';
import { translate, type Translated } from './translate.ts';
import { METHODS, methodNamed } from '../methods/registry.ts';

type Dtype = NonNullable<MergeRecipe['dtype']>;

/** What a recipe file does not say, from the command line or the editor. */
export interface RecipeOverrides {
  readonly output: string;
  readonly overwrite: boolean;
  readonly resume: boolean;
  /** These override those of the file. */
  readonly shardBytes?: number | undefined;
  readonly dtype?: Dtype | undefined;
  readonly onMismatch?: MergeRecipe['onMismatch'] | undefined;
  readonly map?: readonly NameRule[] | undefined;
  readonly allowNonfinite?: boolean | undefined;
  readonly compare?: readonly NamedPath[];
}

/** What parsing needs to know about the machine, and where it reports things that have no effect. */
export interface RecipeHost {
  readonly exists?: (path: string) => boolean;
  readonly note?: (line: string) => void;
}

/**
 * Reads a recipe file; paths in it are relative to it.
 * @throws UserError with a line for each fault, naming the file, the line and what to do
 */
export async function readRecipeFile(
  path: string,
  overrides: RecipeOverrides,
  note: (line: string) => void = () => undefined,
): Promise<MergeRecipe> {
  const text = await readText(path);
  const named = (line: string) => `${path}: ${line}`;
  const surroundings = { folder: dirname(resolve(path)), exists: existsSync };
  let recipe: MergeRecipe;
  try {
    const document = new RecipeDocument(text, line => note(named(line)));
    const reading = read(document, surroundings);
    await checkOnDisk(document, reading, surroundings);
    recipe = recipeOf(document, reading, overrides, text, surroundings.folder);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const lines = error.message.split('\n').map(named);
    throw new UserError(lines, error.kind, { cause: error });
  }
  return expandTasks(recipe);
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await statFile(path);
    if (size > MAX_RECIPE_BYTES)
      throw new UserError(
        `${path}: ${size} bytes are too many for a recipe; is this the right file?`,
        'usage',
      );
    const text = decodeText(await readRegular(path, MAX_RECIPE_BYTES));
    if (typeof text === 'string') return text;
    throw new UserError(`${path}: ${text.wrong}`, 'usage');
  } catch (error) {
    throw describeSystemError(error, path);
  }
}

/**
 * Reads a recipe's text. An input that is a .tvq file without a task stands for all of its tasks (`expandTasks`).
 * @param folder where relative paths start
 * @throws UserError with a line for each fault
 */
export function parseRecipe(
  text: string,
  folder: string,
  overrides: RecipeOverrides,
  { exists = () => true, note = () => undefined }: RecipeHost = {},
): MergeRecipe {
  const document = new RecipeDocument(text, note);
  return recipeOf(document, read(document, { folder, exists }), overrides, text, folder);
}

/** What could be read of a recipe; the document collects its faults. */
interface Reading {
  readonly shape: Shape;
  readonly models: Models;
  readonly method: MergeMethod | undefined;
  readonly translated: Translated | undefined;
  readonly dtype: Dtype | undefined;
}

function read(document: RecipeDocument, surroundings: Surroundings): Reading {
  const shape = readShape(document);
  const method = document.attempt(() => shape.method && readMethod(document, shape.method));
  const role = (method && MERGEKIT[method.name]?.base) ?? 'origin';
  const models = readModels(document, shape, role, surroundings);
  const dtype = document.attempt(() => readDtype(document, shape));
  if (!method) return { shape, models, method, translated: undefined, dtype };
  if (shape.models.length > 0) document.attempt(() => checkModels(document, method, role, models, shape));
  const { lines } = shape;
  if (lines && method.family !== 'vectors')
    document.fault(
      lines.path,
      `lines scales task vectors by depth; method ${method.name} merges whole models`,
    );
  const translated = translate(document, method, shape.shared, models.models);
  return { shape, models, method, translated, dtype };
}

/** @throws UserError with one line for each fault that the document collected */
function recipeOf(
  document: RecipeDocument,
  { shape, models, method, translated, dtype }: Reading,
  { dtype: asked, onMismatch, map, allowNonfinite, compare = [], shardBytes, ...rest }: RecipeOverrides,
  text: string,
  folder: string,
): MergeRecipe {
  document.refuse();
  const { lines } = shape;
  const compared = shape.compare.map(({ name, checkpoint }) => ({
    name,
    path: resolve(folder, checkpoint.text),
  }));
  return parseMergeRecipe({
    kind: 'merge',
    base: models.base,
    inputs: models.models.map(({ input }) => input),
    method: method?.name,
    ...translated,
    lines: lines && { alpha: lines.alpha, beta: lines.beta },
    dtype: asked ?? dtype,
    onMismatch: onMismatch ?? shape.onMismatch ?? 'error',
    map: map ?? shape.map,
    allowNonfinite: allowNonfinite ?? shape.allowNonfinite ?? false,
    compare: compare.length > 0 ? compare : compared,
    shardBytes: shardBytes ?? shape.shardBytes ?? SHARD_BYTES,
    ...rest,
    text,
    folder,
  });
}

function readMethod(document: RecipeDocument, { path, text }: Text): MergeMethod {
  const name = text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  if (Object.hasOwn(LACKING, name) && METHODS.every(method => method.name !== name))
    throw document.error(path, LACKING[name] as string);
  try {
    return methodNamed(name);
  } catch (error) {
    throw document.error(path, (error as Error).message);
  }
}

function checkModels(
  document: RecipeDocument,
  { name, ...method }: MergeMethod,
  role: string,
  { base, models }: Models,
  { reference, sliced }: Shape,
): void {
  const inputs = models.map(({ input }) => input);
  if (base === undefined && (method.base === 'required' || role === 'first'))
    throw document.error(['merge_method'], `base_model is missing; method ${name} needs it`);
  const place = [sliced ? 'slices' : 'models'];
  if (base === undefined && inputs.some(input => input.task !== undefined || isWholeFile(input)))
    throw document.error(
      place,
      'base_model is missing; task vectors in .tvq files need the model they belong to',
    );
  if (inputs.some(isWholeFile)) return; // only the files tell how many there are
  const { minimumInputs: least, maximumInputs: most = Infinity } = method;
  if (inputs.length >= least && inputs.length <= most) return;
  const wanted = least === most ? `exactly ${least}` : `at least ${least}`;
  const beside = role === 'origin' && base !== undefined && !reference ? ' beside base_model' : '';
  const here = inputs.map(input => input.name).join(', ') || 'none';
  throw document.error(place, `method ${name} merges ${wanted} models${beside}; here: ${here}`);
}
