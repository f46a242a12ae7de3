/** How a recipe wants tensors quantized, before a budget has been spent. */
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import { UserError } from '../../shared/errors.ts';
import { fixedCoding, type Coding } from './coding.ts';

/** How tensors are quantized. */
export interface Codings {
  /** A task vector's tensor, or its offset's; undefined: stored exactly. */
  readonly task: (tensor: string, output: number, elements: number) => Coding | undefined;
  /** The shared vector's tensor; undefined: it has none, so that the tasks' stand alone. */
  readonly shared: (tensor: string, elements: number) => Coding | undefined;
}

/** More bytes a value than entropy-coded ones take, a head and every stream's sizes counted. */
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

/** The coding of fixed width that a recipe asks for; undefined: entropy coding, which has none. */
function fixedOf({ codec, groupSize, budget }: QuantizeRecipe, bits: number): Coding | undefined {
  const asked = codec ?? (budget === undefined ? 'minmax' : 'entropy');
  if (asked === 'entropy' && budget === undefined) {
    throw new UserError(
      { message: 'entropy coding has no fixed width', remedy: { code: 'budget' } },
      'usage',
    );
  }
  if ((asked === 'entropy' || asked === 'minmax') && groupSize !== undefined) {
    throw new UserError(
      {
        message: `codec ${asked} has one scale a tensor, and takes no group size`,
        remedy: { code: 'groupSize', codec: asked },
      },
      'usage',
    );
  }
  return asked === 'entropy' ? undefined : fixedCoding(asked, bits, groupSize);
}
