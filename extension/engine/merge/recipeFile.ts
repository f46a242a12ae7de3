/** Recipe files: mergekit's YAML schema for the methods both have, with a few keys of our own (docs/recipes.md). */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { MergeRecipe, NamedPath } from '../../protocol.ts';
import { describeSystemError, UserError } from '../errors.ts';
import { parseMergeRecipe } from '../recipe.ts';
import type { MergeMethod } from './method.ts';
import { MAX_RECIPE_BYTES, RecipeDocument } from './recipe/document.ts';
import { expandTasks, isWholeFile } from './recipe/expand.ts';
import { LACKING, MERGEKIT } from './recipe/mergekit.ts';
import { readModels, type Models } from './recipe/models.ts';
import { readShape, type RecipeShape } from './recipe/schema.ts';
import { translate } from './recipe/translate.ts';
import { METHODS, methodNamed } from './registry.ts';

type Dtype = NonNullable<MergeRecipe['dtype']>;

/** What a recipe file does not say, from the command line or the editor. */
export interface RecipeOverrides {
  readonly output: string;
  readonly overwrite: boolean;
  readonly resume: boolean;
  readonly allowNonfinite?: boolean;
  readonly shardBytes: number;
  /** Counts before that of the file. */
  readonly dtype?: Dtype | undefined;
  readonly compare?: readonly NamedPath[];
}

/** What parsing needs to know of the machine, and whom it tells of things that have no effect. */
export interface RecipeHost {
  readonly exists?: (path: string) => boolean;
  readonly note?: (line: string) => void;
}

/**
 * Reads a recipe file; paths in it are relative to it.
 * @throws UserError naming the file, the line and what to do
 */
export async function readRecipeFile(
  path: string,
  overrides: RecipeOverrides,
  note: (line: string) => void = () => undefined,
): Promise<MergeRecipe> {
  const text = await readText(path);
  const named = (line: string) => `${path}: ${line}`;
  const host = { exists: existsSync, note: (line: string) => note(named(line)) };
  let recipe: MergeRecipe;
  try {
    recipe = parseRecipe(text, dirname(resolve(path)), overrides, host);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(named(error.message), error.kind, { cause: error });
  }
  return expandTasks(recipe);
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_RECIPE_BYTES)
      throw new UserError(
        `${path}: ${size} bytes are too many for a recipe; is this the right file?`,
        'usage',
      );
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError)
      throw new UserError(`${path}: it is not UTF-8 text`, 'usage', { cause: error });
    throw describeSystemError(error, path);
  }
}

/**
 * Reads a recipe's text. An input that is a .tvq file without a task stands for all of its tasks (`expandTasks`).
 * @param folder where relative paths start
 * @throws UserError naming the line
 */
export function parseRecipe(
  text: string,
  folder: string,
  overrides: RecipeOverrides,
  { exists = () => true, note = () => undefined }: RecipeHost = {},
): MergeRecipe {
  const document = new RecipeDocument(text);
  const shape = readShape(document);
  const method = readMethod(document, shape.merge_method);
  const role = MERGEKIT[method.name]?.base ?? 'origin';
  const found = readModels(document, shape, role, { folder, exists }, note);
  checkModels(document, method, role, found);
  checkTokenizer(document, shape, folder, found.base);
  const shared = { path: ['parameters'], values: shape.parameters ?? {} };
  const { parameters, inputParameters } = translate(document, method, shared, found.models, note);
  const { dtype, ...rest } = overrides;
  return parseMergeRecipe({
    kind: 'merge',
    base: found.base,
    inputs: found.models.map(({ input }) => input),
    method: method.name,
    parameters,
    inputParameters,
    lines: readLines(document, shape, method),
    dtype: dtype ?? readDtype(document, shape),
    ...rest,
    text,
  });
}

function readMethod(document: RecipeDocument, name: string): MergeMethod {
  const place = ['merge_method'];
  if (Object.hasOwn(LACKING, name) && METHODS.every(method => method.name !== name))
    throw document.error(place, LACKING[name] as string);
  try {
    return methodNamed(name);
  } catch (error) {
    throw document.error(place, (error as Error).message);
  }
}

function checkModels(
  document: RecipeDocument,
  { name, ...method }: MergeMethod,
  role: string,
  { base, models }: Models,
): void {
  const inputs = models.map(({ input }) => input);
  if (base === undefined && (method.base === 'required' || role === 'first'))
    throw document.error(['merge_method'], `base_model is missing; method ${name} needs it`);
  if (base === undefined && inputs.some(input => input.task !== undefined || isWholeFile(input)))
    throw document.error(
      ['models'],
      'base_model is missing; task vectors in .tvq files need the model they belong to',
    );
  if (inputs.some(isWholeFile)) return; // how many there are is in the files
  const { minimumInputs: least, maximumInputs: most = Infinity } = method;
  if (inputs.length >= least && inputs.length <= most) return;
  const wanted = least === most ? `exactly ${least}` : `at least ${least}`;
  const beside = role === 'origin' && base !== undefined ? ' beside base_model' : '';
  const here = inputs.map(input => input.name).join(', ') || 'none';
  throw document.error(['models'], `method ${name} merges ${wanted} models${beside}; here: ${here}`);
}

function checkTokenizer(
  document: RecipeDocument,
  shape: RecipeShape,
  folder: string,
  base: string | undefined,
): void {
  const source = shape.tokenizer_source;
  if (!source || source === 'base' || (base !== undefined && resolve(folder, source) === base)) return;
  throw document.error(
    ['tokenizer_source'],
    `tokenizer_source ${source} is not supported; only base is: the models must have the vocabulary of base_model`,
  );
}

function readLines(
  document: RecipeDocument,
  { lines }: RecipeShape,
  method: MergeMethod,
): MergeRecipe['lines'] {
  if (lines && method.family !== 'vectors')
    throw document.error(
      ['lines'],
      `lines scales task vectors by depth; method ${method.name} merges whole models`,
    );
  return lines ?? undefined;
}

const DTYPES: Readonly<Record<string, Dtype>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

/** The output's dtype; everything is computed in float32. */
function readDtype(document: RecipeDocument, shape: RecipeShape): Dtype | undefined {
  const read = (key: 'dtype' | 'out_dtype') => {
    const name = shape[key]?.replace(/^torch\./, '');
    if (name === undefined) return undefined;
    if (Object.hasOwn(DTYPES, name)) return DTYPES[name];
    throw document.error(
      [key],
      `${key} ${name} is not supported; there are ${Object.keys(DTYPES).join(', ')}`,
    );
  };
  const dtype = read('dtype');
  return read('out_dtype') ?? dtype;
}
