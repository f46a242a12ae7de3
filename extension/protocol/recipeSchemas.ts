/** Recipes from any source: checked, with every default filled in. */
import * as z from 'zod';
import type { TaskVectors } from './comparison.ts';
import type { ExtractRecipe, MergeRecipe, QuantizeRecipe, RestoreRecipe, RunOptions } from './recipes.ts';
import { groupBy } from '../shared/groupBy.ts';
import { shortened } from '../shared/shortened.ts';
import { UserError } from '../shared/errors.ts';
import { GROUP_SIZES } from '../formats/tvq/codebookPayload.ts';
import { isTaskName } from '../formats/tvq/layout.ts';
import { TVQ } from '../formats/tvq/names.ts';
import { OUTPUT_DTYPES } from '../shared/outputForms.ts';
import { CODEC_NAMES, type CodecName } from '../shared/codecNames.ts';

/** Widths of the paper's RTVQ-B3O2; three bits lose nothing for plain task vectors. */
export const DEFAULTS = {
  tvq: { bits: 3, baseBits: 3 },
  rtvq: { bits: 2, baseBits: 3 },
  fq: { bits: 8, baseBits: 3 },
};
export const DEFAULT_MEMORY = 2 ** 30;

/** More layers, models or rules than any model has; keeps a recipe from costing more than the merge. */
export const MAX_ENTRIES = 4096;

export const path = z.string().min(1, 'a path was expected').max(32_768);
const width = z
  .int('bits must be a whole number from 1 to 8')
  .min(1, 'bits must be 1 to 8')
  .max(8, 'bits must be 1 to 8');
const taskName = z
  .string()
  .refine(isTaskName, 'a task name has up to 128 letters, digits, dots, dashes and underscores');
const weight = z.number('a weight must be a number').min(0, 'a weight must be 0 or more');
const pattern = z.string().max(1000).refine(isPattern, 'not a valid regular expression');

const map = z
  .array(z.strictObject({ from: pattern.min(1), to: z.string().max(1000) }))
  .max(MAX_ENTRIES)
  .refine(
    rules => new Set(rules.map(({ from }) => from)).size === rules.length,
    'a pattern may be given only once',
  )
  .optional();

const PRUNE_RANGE = 'a share must be 0 or more, and less than 1';

const tasks = z
  .array(z.strictObject({ name: taskName, path }))
  .min(1, 'name at least one task')
  .max(4096);

export const taskVectors: z.ZodType<TaskVectors> = z.union([
  z.strictObject({ file: path }),
  z.strictObject({ base: path, tasks }),
]);

export const sensitivity = z.enum(['relative', 'energy', 'depth']);

/** Fields of a rule. */
export const ruleFields = {
  tensors: z.string().min(1).max(1000),
  task: taskName.optional(),
  bits: z.union([z.number().positive().max(32), z.enum(['exact', 'auto'])]).optional(),
  min: z.number().min(0).max(32).optional(),
  max: z.number().positive().max(32).optional(),
};

export const quantizeRecipe: z.ZodType<QuantizeRecipe> = z.strictObject({
  kind: z.literal('quantize'),
  base: path,
  tasks,
  output: path.endsWith(TVQ, `the output must end in ${TVQ}`),
  scheme: z.enum(['fq', 'tvq', 'rtvq']),
  bits: width,
  baseBits: width,
  codec: z.enum(Object.keys(CODEC_NAMES) as CodecName[]).optional(),
  groupSize: z.literal(GROUP_SIZES).optional(),
  prune: z.number().min(0, PRUNE_RANGE).lt(1, PRUNE_RANGE).optional(),
  budget: z.string().max(100).optional(),
  sensitivity: sensitivity.optional(),
  reconstruction: z.enum(['unbiased', 'nearest']).optional(),
  rules: z.array(z.strictObject(ruleFields)).max(MAX_ENTRIES).optional(),
  weights: z
    .strictObject({
      patterns: z
        .array(z.tuple([z.string().min(1).max(1000), weight]).readonly())
        .max(MAX_ENTRIES)
        .optional(),
      tensors: z.record(z.string().max(1024), weight).optional(),
    })
    .optional(),
  map,
  keepRule: z.enum(['vectors', 'published']),
  keep: z.array(pattern),
  files: z.boolean().optional(),
  overwrite: z.boolean(),
});

export const outputDtype = z.enum(OUTPUT_DTYPES.map(({ name }) => name));

export const restoreRecipe = z.strictObject({
  kind: z.literal('restore'),
  source: path,
  base: path.optional(),
  task: z.string(),
  output: path,
  dtype: outputDtype.optional(),
  overwrite: z.boolean(),
  force: z.boolean(),
  allowNonfinite: z.boolean().default(false),
}) as unknown as z.ZodType<RestoreRecipe>;

const ENERGY_RANGE = 'the energy must be more than 0, and 1 at most';

export const extractRecipe = z
  .strictObject({
    kind: z.literal('extract'),
    source: path,
    task: taskName.optional(),
    base: path,
    output: path,
    rank: z.int().min(1, 'the rank must be 1 or more').optional(),
    energy: z.number().gt(0, ENERGY_RANGE).max(1, ENERGY_RANGE).optional(),
    size: z.int().positive().optional(),
    dtype: z.enum(['F32', 'F16', 'BF16']).optional(),
    include: z.array(pattern).max(MAX_ENTRIES).default([]),
    exclude: z.array(pattern).max(MAX_ENTRIES).default([]),
    overwrite: z.boolean(),
  })
  .refine(
    ({ rank, energy, size }) => [rank, energy, size].some(given => given !== undefined),
    'a rank, an energy or a size is needed',
  )
  .refine(
    ({ energy, size }) => energy === undefined || size === undefined,
    'an energy and a size cannot be combined; leave one out',
  ) as unknown as z.ZodType<ExtractRecipe>;

const scalar = z.union([
  z.number(),
  z.array(z.number()).min(1).max(MAX_ENTRIES),
  z.boolean(),
  z.string().max(256),
]);
const rules = z.array(z.strictObject({ filter: z.string().max(1024).optional(), value: scalar }));
const parameters = z.record(
  z.string().max(64),
  z.union(
    [scalar, rules.min(1).max(MAX_ENTRIES)],
    'a number, a gradient, true, false, a name or a list of rules',
  ),
);

export const onMismatch = z.enum(['error', 'base', 'first', 'rows', 'skip']);

export const mergeRecipe = z
  .strictObject({
    kind: z.literal('merge'),
    base: path.optional(),
    inputs: z
      .array(z.strictObject({ name: taskName, path, task: taskName.optional() }))
      .min(1, 'name at least one model')
      .max(MAX_ENTRIES),
    method: z.string().min(1).max(64),
    parameters,
    inputParameters: z.array(parameters),
    lines: z.strictObject({ alpha: z.number(), beta: z.number() }).optional(),
    output: path,
    dtype: outputDtype.optional(),
    onMismatch: onMismatch.default('error'),
    map,
    shardBytes: z.int().positive(),
    overwrite: z.boolean(),
    resume: z.boolean(),
    allowNonfinite: z.boolean().default(false),
    text: z
      .string()
      .max(2 ** 20)
      .optional(),
    folder: path.optional(),
    compare: z
      .array(z.strictObject({ name: taskName, path }))
      .max(MAX_ENTRIES)
      .default([]),
  })
  .superRefine(({ inputs }, context) => {
    const paths = groupBy(inputs, ({ name }) => name);
    for (const [name, [first, second]] of paths) {
      if (!first || !second) continue;
      const whose =
        first.path === second.path ? `both of ${first.path}` : `of ${first.path} and of ${second.path}`;
      context.addIssue(`two inputs are named "${name}", ${whose}; leave one out, or give it another name`);
    }
  })
  .refine(
    ({ inputs, inputParameters }) => inputs.length === inputParameters.length,
    'there must be as many inputParameters as inputs',
  ) as unknown as z.ZodType<MergeRecipe>;

export const runOptions: z.ZodType<RunOptions> = z.strictObject({
  backend: z.enum(['auto', 'cpu', 'webgpu']),
  memory: z.int().positive(),
  threads: z.int().min(0).max(1024),
  cache: path.optional(),
});

/** Names of keys at the recipe's source, by key or path ("weights.tensors"); other keys keep their names. */
export type KeyNames = Readonly<Record<string, string>>;

export const parseQuantizeRecipe = (value: unknown, names?: KeyNames): QuantizeRecipe =>
  checked(quantizeRecipe, value, names);
export const parseRestoreRecipe = (value: unknown, names?: KeyNames): RestoreRecipe =>
  checked(restoreRecipe, value, names);
export const parseExtractRecipe = (value: unknown, names?: KeyNames): ExtractRecipe =>
  checked(extractRecipe, value, names);
export const parseMergeRecipe = (value: unknown, names?: KeyNames): MergeRecipe =>
  checked(mergeRecipe, value, names);

/** @throws UserError with one line for each fault: the key or option, the value found, and what was expected */
export function checked<T>(schema: z.ZodType<T>, value: unknown, names: KeyNames = {}): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => {
    const found = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], value);
    const words = [nameOf(path, names), ...foundText(found)].filter(word => word !== '').join(' ');
    return words === '' ? message : `${words}: ${message}`;
  });
  throw new UserError([...new Set(lines)], 'usage');
}

/** The name of the longest part of the path that has one, then the rest; positions in lists only if none has. */
function nameOf(path: readonly PropertyKey[], names: KeyNames): string {
  const keys = path.filter(key => typeof key === 'string');
  for (let length = keys.length; length > 0; length--) {
    const name = names[keys.slice(0, length).join('.')];
    if (name !== undefined) return [name, ...keys.slice(length)].join(' ');
  }
  return path.join('.');
}

/** The value as a message shows it; lists, objects and absent values are not shown. */
function foundText(found: unknown): string[] {
  if (typeof found === 'string') return [JSON.stringify(shortened(found))];
  return typeof found === 'number' || typeof found === 'boolean' || found === null ? [String(found)] : [];
}

export function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
