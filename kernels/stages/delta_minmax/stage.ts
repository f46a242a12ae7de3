/** Stage delta_minmax: the task vector of one chunk, its smallest and its largest value. */
import { TYPE_NUMBERS, NO_TYPE, SCRATCH } from '../../wasm.ts';
import type { Region, Slice } from '../../memory.ts';
import { checkCount, checkDistinct, checkEnd, checkSlice } from '../checks.ts';
import { EXTENT, extentAt, extentOf, type Extent } from '../extent.ts';
import { COUNT, fine, halves, zeros } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { values, window } from '../windows.ts';
import source from './delta_minmax.wgsl';

export interface DeltaMinmaxStage {
  /** x[i] = ftz(decode(tuned[i]) − decode(reference[i])), or decode(tuned[i]) without a reference; stored as F32 at the
   * start of `out`, if given. */
  deltaMinmax(
    tuned: Slice,
    reference: Slice | undefined,
    out: Region | undefined,
    count: number,
  ): Promise<Extent>;
}

export const deltaMinmax: Stage<DeltaMinmaxStage['deltaMinmax']> = {
  name: 'delta_minmax',
  shader: EXTENT + source,
  check(chunk, tuned, reference, out, count) {
    checkCount(count, chunk);
    checkSlice(tuned, count);
    if (reference) checkSlice(reference, count);
    if (!out) return;
    checkEnd(out, count * 4);
    checkDistinct(out, tuned.region, reference?.region);
  },
  cpu(kernel, tuned, reference, out, count) {
    kernel.run(...kernel.elements(tuned), ...kernel.elements(reference), out ?? 0, count, SCRATCH.extent);
    return extentAt(kernel);
  },
  gpu(tuned, reference, out, count) {
    const constants = {
      TUNED: TYPE_NUMBERS[tuned.type],
      REFERENCE: reference ? TYPE_NUMBERS[reference.type] : NO_TYPE,
      STORE: out !== undefined,
    };
    return extentOf(
      count,
      constants,
      [],
      [
        window(tuned, count),
        window(reference ?? tuned, count),
        out ? values(out, count) : { memory: 'nothing', bytes: 0 },
      ],
    );
  },
  selfTest: {
    inputs: () => [halves('F16', 3), halves('BF16', 4), fine(1), zeros(), zeros()],
    run: async (delta, f16, bf16, base, x, y) => {
      const first = await delta({ region: f16, type: 'F16', first: 0 }, undefined, y, COUNT);
      const reference: Slice = { region: base, type: 'F32', first: 0 };
      const { min, max } = await delta({ region: bf16, type: 'BF16', first: 0 }, reference, x, COUNT);
      return [first.min, first.max, min, max];
    },
    digest: '4fea1f06',
  },
};
