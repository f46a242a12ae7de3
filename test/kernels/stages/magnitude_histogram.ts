/** Oracle and cases of magnitude_histogram. */
import type { Stages } from '../../../kernels/stages/index.ts';
import { RADIX_LEVELS } from '../../../kernels/stages/magnitude_histogram/stage.ts';
import { at, keyOf } from '../plain.ts';
import { CHUNK, FOLDED, filled } from '../stageCases.ts';
import type { StageCase } from '../stageDrive.ts';

type Call = Stages['magnitudeHistogram'];

/** Bits [shift, shift + bits) of a key, by arithmetic. */
const bitsOf = (key: number, shift: number, bits: number): number => Math.floor(key / 2 ** shift) % 2 ** bits;

export const oracle: Call = async (x, level, prefix, count) => {
  const { shift, bits } = RADIX_LEVELS[level];
  const counts = new Uint32Array(2 ** bits);
  for (let i = 0; i < count; i++) {
    const key = keyOf(at(x, i));
    const bin = bitsOf(key, shift, bits);
    if (Math.floor(key / 2 ** (shift + bits)) === prefix) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
};

/** Every level, with the prefix of a value, and one that no value has. */
function* everyLevel(...values: Parameters<typeof filled>): Generator<StageCase<Call>> {
  for (const { inputs, count } of filled(...values)) {
    const bits = new Uint32Array(inputs[0]?.buffer ?? new ArrayBuffer(0));
    const key = (bits[Math.floor(count / 2)] ?? 0) & 0x7fffffff;
    yield {
      inputs,
      call: async (histogram, x) => {
        const found = [await histogram(x, 0, 0, count)];
        for (const level of [1, 2] as const) {
          const { shift, bits: width } = RADIX_LEVELS[level];
          for (const prefix of [key, 0x7f7fffff].map(of => of >>> (shift + width)))
            found.push(await histogram(x, level, prefix, count));
        }
        return found;
      },
    };
  }
}

export function* cases(): Generator<StageCase<Call>> {
  yield* everyLevel(1);
  yield* everyLevel(1, [CHUNK], ['weights']);
}

export const folded = (): Iterable<StageCase<Call>> => everyLevel(1, [FOLDED], ['weights']);
