/** The inputs that the codec stages are tested with, on every backend. */
import { COUNTS, VALUES, valuesOf } from './stageCases.ts';
import { generator } from './random.ts';

/** How many values a rotation mixes with each other. */
export type Order = 4 | 256;

/** Elements of a tensor where a call may begin: within words of signs, past 2^32, up to the last. */
const INDICES: Readonly<Record<Order, (count: number) => readonly number[]>> = {
  4: count => [0, 4, 20, 28, 262_144, 2 ** 33 + 12, 2 ** 37 - 4 * Math.ceil(count / 4)],
  256: count => [0, 256, 262_144, 2 ** 33 + 768, 2 ** 37 - 256 * Math.ceil(count / 256)],
};

export function* rotateCases(order: Order): Generator<{ x: Float32Array; index: number; count: number }> {
  let round = 0;
  for (const count of [...COUNTS, 255, 256]) {
    for (const kind of VALUES) {
      const indices = INDICES[order](count);
      const index = indices[round++ % indices.length] ?? 0;
      // Made small, so that sums of a block do not overflow.
      const x = valuesOf(kind, count + 5, count).map(value =>
        Math.abs(value) > 2 ** 118 ? 1 / value : value,
      );
      yield { x, index, count };
    }
  }
}

export type Codes = 'normal' | 'skewed' | 'uniform' | 'single' | 'two';

export const CODE_KINDS: readonly Codes[] = ['normal', 'skewed', 'uniform', 'single', 'two'];

/** Around the sizes of streams and groups of streams. */
export const CODE_COUNTS = [0, 1, 2, 5, 8191, 8192, 8193, 70_001] as const;

/** 8-bit codes as quantizers make them (normal), mostly one of them (skewed, two), and the extremes. */
export function codesOf(kind: Codes, count: number, seed: number): Uint8Array {
  const random = generator(seed);
  const one = (): number => {
    const u = random();
    if (kind === 'single') return 77;
    if (kind === 'two') return u < 0.001 ? 255 : 0;
    if (kind === 'uniform') return u * 256;
    if (kind === 'skewed') return Math.min(255, -Math.log2(1 - u) * 2);
    const spread = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * random());
    return Math.min(255, Math.max(0, 128.5 + 9 * spread));
  };
  return Uint8Array.from({ length: count }, one);
}
