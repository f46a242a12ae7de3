/** The key `map` of a recipe: patterns of names and their replacements, in their order. */
import type { NameRule } from '../../../protocol/recipes.ts';
import { isPattern } from '../../../protocol/recipeSchemas.ts';
import type { Path, RecipeDocument } from './document.ts';
import { isMapping } from './fields.ts';

/** The document collects faults of single rules. */
export function readNameRules(document: RecipeDocument, value: unknown, path: Path): NameRule[] {
  if (!isMapping(value))
    throw document.error(path, 'map: patterns of names and their replacements were expected');
  return Object.entries(value).flatMap(([from, to]) => {
    const wrong = (what: string) => document.fault([...path, from], `map.${from}: ${what}`);
    if (typeof to !== 'string') wrong('text was expected, in quotes; "" removes what the pattern finds');
    else if (!isPattern(from)) wrong('not a valid regular expression');
    else return [{ from, to }];
    return [];
  });
}

/** As they are read. */
export const writtenRules = (map: readonly NameRule[]): Readonly<Record<string, string>> =>
  Object.fromEntries(map.map(({ from, to }) => [from, to]));
