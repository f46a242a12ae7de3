/** Command lines that do the same as the Studio, or make again what is there. */
import type { ExtractRecipe, TensorRule } from '../protocol/recipes.ts';
import type { BudgetRecipe, StudioSelection } from '../protocol/studio.ts';

/** `tvq quantize …` quoted for a POSIX shell. */
export function quantizeCommand(
  { base, tasks }: StudioSelection,
  recipe: BudgetRecipe,
  output: string,
): string {
  const { budget, sensitivity, rules } = recipe;
  const words = [
    ['tvq', 'quantize'],
    ['--base', base.path],
    ...tasks.map(({ name, path }) => ['--task', `${name}=${path}`]),
    ['--budget', budget],
    ...(sensitivity === undefined ? [] : [['--sensitivity', sensitivity]]),
    ...rules.flatMap(ruleWords),
    ['--output', output],
  ];
  return words.flat().map(quoted).join(' ');
}

/** `tvq extract-lora …` quoted for a POSIX shell. */
export function extractCommand(recipe: ExtractRecipe): string {
  const { source, task, base, output, rank, energy, size, dtype, include, exclude } = recipe;
  const option = (flag: string, value: number | string | undefined): string[] =>
    value === undefined ? [] : [flag, String(value)];
  const words = [
    ['tvq', 'extract-lora', source],
    ['--base', base],
    option('--task', task),
    option('--rank', rank),
    option('--energy', energy),
    option('--size', size),
    option('--dtype', dtype?.toLowerCase()),
    ...include.map(pattern => ['--include', pattern]),
    ...exclude.map(pattern => ['--exclude', pattern]),
    ['--output', output],
  ];
  return words.flat().map(quoted).join(' ');
}

/** Pins, floors and ceilings; `auto` undoes an earlier pin. */
function ruleWords({ tensors, task, bits, min, max }: TensorRule): string[][] {
  const pattern = task === undefined ? tensors : `${task}:${tensors}`;
  const option = (flag: string, value: number | string | undefined): string[][] =>
    value === undefined ? [] : [[flag, `${pattern}=${value}`]];
  return [...option('--pin', bits), ...option('--floor', min), ...option('--ceiling', max)];
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
