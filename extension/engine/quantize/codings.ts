/** How a recipe quantizes tensors, before a budget has been spent. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { UserError } from '../../shared/errors.ts';
import { WIDTHS } from '../codecs/measured.ts';
import { ASKED, type Coding } from '../codecs/registry.ts';

/** How tensors are quantized. */
export interface Codings {
  /** A task vector's tensor, or its offset's; undefined: stored exactly. */
  readonly task: (tensor: string, output: number, elements: number) => Coding | undefined;
  /** The same of a tensor that a keep rule would keep, under a budget. */
  readonly small: (tensor: string, output: number) => Coding | undefined;
  /** The shared vector's tensor; undefined: it has none, so the tasks' tensors are independent. */
  readonly shared: (tensor: string, elements: number) => Coding | undefined;
}

/** More bytes per value than entropy coding takes, including a head and every stream's sizes. */
const UNMEASURED = 1.125;

/** More bytes a value than anything takes, coded or exact. */
const ROOMIEST = 8;

const entropyOf = (elements: number, bytesPerValue: number): Coding => ({
  codec: 'entropy',
  step: 1,
  bytes: Math.ceil(bytesPerValue * elements) + 4096,
});

/** The widest codes, for a budget before anything is measured: 8 bits of small tensors change nothing measurable. */
const widest = (recipe: QuantizeRecipe): Codings => ({
  task: (_tensor, _output, elements) => fixedOf(recipe, 8) ?? entropyOf(elements, UNMEASURED),
  small: () => ({ codec: 'affine', bits: 8 }),
  shared: (_tensor, elements) => entropyOf(elements, UNMEASURED),
});

/** What takes the most room in a header under a budget: every width in turn, and long payloads. */
export function roomiest(recipe: QuantizeRecipe): Codings {
  let [task, small] = [0, 0];
  const width = (turn: number): number => WIDTHS[turn % WIDTHS.length] as number;
  return {
    task: (_tensor, _output, elements) => fixedOf(recipe, width(task++)) ?? entropyOf(elements, ROOMIEST),
    small: () => ({ codec: 'affine', bits: width(small++) }),
    shared: (_tensor, elements) => entropyOf(elements, ROOMIEST),
  };
}

/** Before anything is measured. */
export function before(recipe: QuantizeRecipe): Codings {
  if (recipe.budget !== undefined) return widest(recipe);
  const { bits, baseBits } = recipe;
  return {
    task: () => fixedOf(recipe, bits),
    small: () => undefined,
    shared: () => ({ codec: 'affine', bits: baseBits }),
  };
}

/** The coding of a width that a recipe asks for; undefined: its codec has none. */
function fixedOf({ codec, groupSize, budget }: QuantizeRecipe, bits: number): Coding | undefined {
  const word = codec ?? (budget === undefined ? 'minmax' : 'entropy');
  const { grouped, ofWidth } = ASKED[word];
  if (!ofWidth && budget === undefined) {
    throw new UserError(
      { message: `${word} coding has no fixed width`, remedy: { code: 'budget' } },
      'usage',
    );
  }
  if (!grouped && groupSize !== undefined) {
    throw new UserError(
      {
        message: `codec ${word} has one scale per tensor, and takes no group size`,
        remedy: { code: 'groupSize', codec: word },
      },
      'usage',
    );
  }
  return ofWidth?.(bits, groupSize);
}
