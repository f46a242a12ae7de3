import { Random } from './random.ts';
import type { Reader } from './readers.ts';

/** The bytes of a mutation: determined by the seed and its number alone. */
export function mutation({ inputs, mutate }: Reader, seed: number, number: number): Uint8Array {
  const random = new Random(Math.imul(seed, 1_000_003) + number);
  return mutate(random.pick(inputs), random);
}
