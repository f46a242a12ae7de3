/** The command that does what the Studio does. */
import type { TensorRule } from '../protocol/recipes.ts';
import type { BudgetRecipe, StudioSelection } from '../protocol/studio.ts';

/** `tvq quantize …` in the words of a POSIX shell. */
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

/** Pins, floors and ceilings; `auto` takes an earlier pin back. */
function ruleWords({ tensors, task, bits, min, max }: TensorRule): string[][] {
  const pattern = task === undefined ? tensors : `${task}:${tensors}`;
  const option = (flag: string, value: number | string | undefined): string[][] =>
    value === undefined ? [] : [[flag, `${pattern}=${value}`]];
  return [...option('--pin', bits), ...option('--floor', min), ...option('--ceiling', max)];
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
