/** How a recipe quantizes tensors, before a budget has been spent. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { UserError } from '../../shared/errors.ts';
import { ASKED, type Coding } from '../codecs/registry.ts';

/** How tensors are quantized. */
export interface Codings {
  /** A task vector's tensor, or its offset's; undefined: stored exactly. */
  readonly task: (tensor: string, output: number, elements: number) => Coding | undefined;
  /** The shared vector's tensor; undefined: it has none, so the tasks' tensors are independent. */
  readonly shared: (tensor: string, elements: number) => Coding | undefined;
}

/** More bytes per value than entropy coding takes, including a head and every stream's sizes. */
const UNMEASURED = 1.125;

/** More bytes a value than anything takes, coded or exact. */
export const ROOMIEST = 8;

/** The widest codes, for a budget before anything is measured. */
export function widest(recipe: QuantizeRecipe, bytesPerValue: number): Codings {
  const entropy = (elements: number): Coding => ({
    codec: 'entropy',
    step: 1,
    bytes: Math.ceil(bytesPerValue * elements) + 4096,
  });
  return {
    task: (_tensor, _output, elements) => fixedOf(recipe, 8) ?? entropy(elements),
    shared: (_tensor, elements) => entropy(elements),
  };
}

/** Before anything is measured. */
export function before(recipe: QuantizeRecipe): Codings {
  if (recipe.budget !== undefined) return widest(recipe, UNMEASURED);
  const { bits, baseBits } = recipe;
  return {
    task: () => fixedOf(recipe, bits),
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
