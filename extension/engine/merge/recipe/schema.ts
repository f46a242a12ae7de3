/** The shape of a recipe file, as mergekit has it, with a few keys of our own. */
import { z } from 'zod';
import { nearest } from '../../../shared/nearest.ts';
import type { UserError } from '../../errors.ts';
import type { Path, RecipeDocument } from './document.ts';

const MAX_MODELS = 4096;

/** `undefined` means that a key is missing; other values have the wrong type. */
const expected = (what: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : `${what} was expected`),
});

const text = z
  .string(expected('text (in quotes, if it looks like a number or a date)'))
  .min(1, 'is empty')
  .max(32_768);
const number = z.number(expected('a number'));
/** Values are read one by one, with the method's rules at hand. */
const parameters = z.record(z.string(), z.unknown(), expected('a map of parameters')).nullish();

const model = z.strictObject(
  {
    model: text,
    parameters,
    /** The task of a .tvq file; all of them when it is left out. */
    task: text.nullish(),
    /** What reports call it. */
    name: text.nullish(),
  },
  expected('an entry such as `model: PATH`'),
);

const lines = z.strictObject({ alpha: number, beta: number }, expected('a map of alpha and beta'));

const recipe = z.strictObject(
  {
    models: z.array(model, expected('a list of models')).min(1, 'is empty').max(MAX_MODELS),
    base_model: text.nullish(),
    merge_method: text,
    parameters,
    dtype: text.nullish(),
    out_dtype: text.nullish(),
    tokenizer_source: text.nullish(),
    lines: lines.nullish(),
    on_mismatch: z.enum(['error', 'base', 'first', 'skip'], expected('error, base, first or skip')).nullish(),
  },
  expected('a map with models and merge_method'),
);

export type RecipeShape = z.infer<typeof recipe>;

/** Keys of mergekit's schema that are refused, each with what to do instead. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  slices:
    'slices (parts of models, stacked layers) are not supported; where the one slice takes all layers of all models, list its sources under `models`, without layer_range',
  modules: 'modules are not supported; give each module a recipe of its own',
  tokenizer:
    'tokenizer blocks are not supported; the tokenizer is copied from base_model, which `tokenizer_source: base` says',
  chat_template:
    'chat_template is not supported; the template of base_model is kept, change chat_template.jinja in the output',
};

/** @throws UserError naming the line, the key and the nearest known one */
export function readShape(document: RecipeDocument): RecipeShape {
  const { value } = document;
  for (const key of Object.keys(typeof value === 'object' && value !== null ? value : {})) {
    if (Object.hasOwn(UNSUPPORTED, key)) throw document.error([key], UNSUPPORTED[key] as string);
  }
  const result = recipe.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt key is a missing one too; what was misspelt tells more.
  const misspelt = issues.find(({ code }) => code === 'unrecognized_keys');
  throw issueError(document, misspelt ?? (issues[0] as z.core.$ZodIssue));
}

function issueError(document: RecipeDocument, issue: z.core.$ZodIssue): UserError {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] as string;
    return document.error([...path, key], unknown(key, 'key', knownKeys(path)));
  }
  const where = path
    .map(part => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
  return document.error(path, where ? `${where}: ${issue.message}` : issue.message);
}

function knownKeys([first]: Path): string[] {
  if (first === undefined) return Object.keys(recipe.shape);
  return Object.keys(first === 'lines' ? lines.shape : model.shape);
}

/** Says that a name is not known, and which one was probably meant. */
export function unknown(name: string, kind: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `unknown ${kind} "${name}"; ${meant ? `did you mean ${meant}?` : `there are ${known.join(', ') || 'none'}`}`;
}
