/** Stage encode: float32 to a checkpoint's element type, round to nearest even. */
import { BYTES_PER_ELEMENT, type FloatType, type Region, type Slice } from '../../memory.ts';
import { SCRATCH, TYPE_NUMBERS } from '../../wasm.ts';
import { checkCount, checkDistinct, checkEnd, checkSlice, require } from '../checks.ts';
import { COUNT, fine } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { TALLY, tallyOf } from '../tally.ts';
import { window } from '../windows.ts';
import source from './encode.wgsl';

/** Values that an encoded type holds as NaN or infinity. */
export interface NotNumbers {
  /** NaN or infinite before encoding. */
  readonly nonFinite: number;
  /** Finite, but beyond the type's range. */
  readonly overflowed: number;
}

export interface EncodeStage {
  /** F32 values at element `first` of `x`, rounded to nearest even to `type` (overflow gives infinity, every NaN becomes
   * the quiet one without sign or payload), packed at the start of `out`. Not flushed: subnormals keep their value.
   * Counts the results that are not finite. */
  encode(x: Slice, type: FloatType, out: Region, count: number): Promise<NotNumbers>;
}

/** Values too large for f16 or even for bf16, and some that are not numbers. */
const UNBOUNDED = [
  ...[65520, -1e6, 2 ** 128 * (1 - 2 ** -9), -(2 ** 128) * (1 - 2 ** -24)],
  ...[Infinity, -Infinity, NaN],
];

export const encode: Stage<EncodeStage['encode']> = {
  name: 'encode',
  shader: TALLY + source,
  check(chunk, x, type, out, count) {
    checkCount(count, chunk);
    checkSlice(x, count);
    require(x.type === 'F32', `encode reads F32, not ${x.type}`);
    checkEnd(out, count * BYTES_PER_ELEMENT[type]);
    checkDistinct(out, x.region);
  },
  cpu(kernel, x, type, out, count) {
    kernel.run(kernel.elements(x)[0], TYPE_NUMBERS[type], out, count, SCRATCH.counts);
    const [nonFinite = 0, overflowed = 0] = kernel.words(SCRATCH.counts, 2);
    return { nonFinite, overflowed };
  },
  gpu(x, type, out, count) {
    const bytes = count * BYTES_PER_ELEMENT[type];
    return tallyOf(
      Math.ceil(bytes / 4),
      [window(x, count), { memory: out, bytes }],
      { constants: { TYPE: TYPE_NUMBERS[type] }, params: [count] },
      (nonFinite, overflowed) => ({ nonFinite, overflowed }),
    );
  },
  selfTest: {
    inputs: () => {
      const x = fine(1);
      x.set(UNBOUNDED, 100);
      return [x, new Uint8Array(COUNT * 2), new Uint8Array(COUNT * 2)];
    },
    run: async (encode, region, bf16, f16) => {
      const x: Slice = { region, type: 'F32', first: 0 };
      const [first, second] = [await encode(x, 'BF16', bf16, COUNT), await encode(x, 'F16', f16, COUNT)];
      return [first.nonFinite, first.overflowed, second.nonFinite, second.overflowed];
    },
    digest: '984e5e75',
  },
};
