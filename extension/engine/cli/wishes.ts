/** Options for how a budget is spent, and what single tensors get. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { QuantizeRecipe, TensorRule } from '../../protocol/recipes.ts';
import { readText } from '../../formats/smallFile.ts';
import { UserError } from '../../shared/errors.ts';
import { parseNumber } from './parse.ts';

type Wishes = Pick<QuantizeRecipe, 'sensitivity' | 'reconstruction' | 'rules' | 'weights'>;

export interface WishOptions extends Pick<QuantizeRecipe, 'sensitivity' | 'reconstruction'> {
  readonly pin?: readonly TensorRule[];
  readonly floor?: readonly TensorRule[];
  readonly ceiling?: readonly TensorRule[];
  readonly tensorWeight?: readonly (readonly [string, number])[];
  readonly weightsFile?: string;
}

/** Command-line names of the options in `WishOptions`. */
export const WISHES: Readonly<Record<keyof WishOptions, string>> = {
  sensitivity: '--sensitivity',
  reconstruction: '--reconstruction',
  pin: '--pin',
  floor: '--floor',
  ceiling: '--ceiling',
  tensorWeight: '--tensor-weight',
  weightsFile: '--weights-file',
};

/** Enough for one weight per tensor of the largest models. */
const MAX_WEIGHTS_FILE = 16 * 2 ** 20;

export const withWishes = (added: Command): Command =>
  added
    .addOption(
      new Option(
        `${WISHES.sensitivity} <measure>`,
        'how the budget weighs errors (relative; energy for error=…)',
      ).choices(['relative', 'energy', 'depth']),
    )
    .addOption(
      new Option(
        `${WISHES.reconstruction} <rule>`,
        'all codecs but minmax: unbiased keeps the length of each task vector, nearest has the least error (unbiased)',
      ).choices(['unbiased', 'nearest']),
    )
    .option(
      `${WISHES.pin} <pattern=bits>`,
      'bits of tensors whatever the budget, "exact", or "auto" to undo an earlier pin; a pattern is a glob or a /regular expression/, ' +
        'TASK:PATTERN for one task; repeat for more',
      rule((text, pattern) => ({
        ...pattern,
        bits: text === 'exact' || text === 'auto' ? text : parseNumber(text),
      })),
    )
    .option(
      `${WISHES.floor} <pattern=bits>`,
      'minimum bits that the budget gives tensors; repeat for more',
      rule((text, pattern) => ({ ...pattern, min: parseNumber(text) })),
    )
    .option(
      `${WISHES.ceiling} <pattern=bits>`,
      'maximum bits that the budget gives tensors; repeat for more',
      rule((text, pattern) => ({ ...pattern, max: parseNumber(text) })),
    )
    .option(
      `${WISHES.tensorWeight} <pattern=number>`,
      'weight of the error in tensors; the first matching pattern counts; repeat for more',
      (text: string, before: readonly (readonly [string, number])[] = []) => {
        const [pattern, weight] = assignment(text);
        return [...before, [pattern, parseNumber(weight)] as const];
      },
    )
    .option(
      `${WISHES.weightsFile} <file.json>`,
      'weights by tensor name: {"tensor": number}, for example a Fisher diagonal',
    );

export async function wishesOf(options: WishOptions): Promise<Wishes> {
  const { sensitivity, reconstruction, pin = [], floor = [], ceiling = [], tensorWeight } = options;
  const { weightsFile } = options;
  const rules = [...pin, ...floor, ...ceiling];
  const tensors = weightsFile === undefined ? undefined : await readWeights(weightsFile);
  return {
    sensitivity,
    reconstruction,
    ...(rules.length > 0 ? { rules } : {}),
    ...(tensorWeight || tensors ? { weights: { patterns: tensorWeight, tensors } } : {}),
  };
}

/** The file's content; the recipe's check validates it. */
async function readWeights(file: string): Promise<Record<string, number>> {
  const text = await readText(file, MAX_WEIGHTS_FILE);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, number>;
  } catch {
    // reported below
  }
  throw new UserError(`${file}: a JSON object from tensor names to weights was expected`, 'usage');
}

/** Collects rules, each "PATTERN=TEXT" or "TASK:PATTERN=TEXT". */
const rule =
  (make: (text: string, pattern: Pick<TensorRule, 'tensors' | 'task'>) => TensorRule) =>
  (text: string, before: readonly TensorRule[] = []): TensorRule[] => {
    const [pattern, value] = assignment(text);
    const [, task, tensors] = /^([^/:]+):(.+)$/.exec(pattern) ?? [];
    return [...before, make(value, tensors === undefined ? { tensors: pattern } : { task, tensors })];
  };

/** Split at the last equals sign, as patterns may contain some. */
function assignment(text: string): [pattern: string, value: string] {
  const at = text.lastIndexOf('=');
  if (at <= 0 || at === text.length - 1) throw new InvalidArgumentError('PATTERN=NUMBER was expected.');
  return [text.slice(0, at), text.slice(at + 1)];
}
