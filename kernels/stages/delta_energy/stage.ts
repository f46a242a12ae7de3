/** Stage delta_energy: the sum of a task vector's squares in one fixed order. */
import type { Slice } from '../../memory.ts';
import { NO_TYPE, SCRATCH, TYPE_NUMBERS } from '../../wasm.ts';
import { checkCount, checkSlice } from '../checks.ts';
import { COUNT, fine, halves } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { BLOCK_SUMS, sumsOf } from '../sums.ts';
import { window } from '../windows.ts';
import source from './delta_energy.wgsl';

export interface DeltaEnergyStage {
  /** Σ ftz(decode(tuned[i]) − decode(base[i]))², or Σ decode(tuned[i])² without a base. The summation order, as of every
   * sum here: a block is 8192 values = 256 lanes × 32 consecutive values; a lane keeps four F32 sums (value j goes to
   * sum j mod 4, in order) and adds them as (s0+s1)+(s2+s3); lanes are added in pairs l, l+128, then l, l+64 … l, l+1;
   * blocks are added in order in float64. Values past `count` count as zero. The blocks are added to `before`: passing
   * it from chunk to chunk makes a tensor's sum independent of the chunk size. */
  deltaEnergy(tuned: Slice, base: Slice | undefined, count: number, before?: number): Promise<number>;
}

export const deltaEnergy: Stage<DeltaEnergyStage['deltaEnergy']> = {
  name: 'delta_energy',
  shader: BLOCK_SUMS + source,
  check(chunk, tuned, base, count) {
    checkCount(count, chunk);
    checkSlice(tuned, count);
    if (base) checkSlice(base, count);
  },
  cpu: (kernel, tuned, base, count, before = 0) =>
    kernel.run(...kernel.elements(tuned), ...kernel.elements(base), count, before, SCRATCH.lanes),
  gpu: (tuned, base, count, before = 0) =>
    sumsOf(
      count,
      {
        constants: { TUNED: TYPE_NUMBERS[tuned.type], BASE: base ? TYPE_NUMBERS[base.type] : NO_TYPE },
        bindings: [window(tuned, count), window(base ?? tuned, count)],
      },
      [before],
      (sum = 0) => sum,
    ),
  selfTest: {
    inputs: () => [halves('F16', 3), fine(1)],
    run: async (deltaEnergy, f16, base) => [
      await deltaEnergy(
        { region: f16, type: 'F16', first: 0 },
        { region: base, type: 'F32', first: 0 },
        COUNT,
      ),
    ],
    digest: '32f520e3',
  },
};
