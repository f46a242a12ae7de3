/** Stage quantize_groups: float32 values to packed codes, after scaling by groups. */
import { packedBytes } from '../../codes.ts';
import { SCALES } from '../../groups.ts';
import type { Region } from '../../memory.ts';
import common from '../../shared/common.wgsl';
import pack from '../../shared/pack.wgsl';
import { SCRATCH } from '../../wasm.ts';
import { checkBits, checkCount, checkDistinct, checkEnd } from '../checks.ts';
import { COUNT, fine, scaleBytes, scaleOf, WIDTHS } from '../sample.ts';
import { checkLength, checkRising, checkScales, scaleWindow, tableOf } from '../scales.ts';
import type { Stage } from '../stage.ts';
import { blocksOf } from '../sums.ts';
import { codeWindow, done, values } from '../windows.ts';
import source from './quantize_groups.wgsl';

export interface GroupQuantizer {
  /** 1 to 8. */
  readonly bits: number;
  /** One of GROUP_SIZES. */
  readonly groupSize: number;
  /** What a group's values are multiplied by, for each of the SCALES bytes. */
  readonly inverse: Float32Array;
  /** 2^bits − 1, rising: the smallest value of each code but code 0. */
  readonly boundaries: Float32Array;
}

export interface QuantizeGroupsStage {
  /**
   * Codes of the values of `x`. With v = ftz(ftz(x)·inverse[s]), where s is byte ⌊(first + i)/groupSize⌋ of `scales`,
   * the code is the number of boundaries b with v ≥ b. Packed as quantize_pack packs: code i in bits [i·b, (i+1)·b) of
   * a little-endian bit stream that starts at byte first·b/8 of `codes` (`first` is a multiple of CHUNK_ALIGNMENT);
   * bits after the last code, up to the next multiple of 4 bytes, are zero. Values must be finite: a NaN gives code 0.
   */
  quantizeGroups(
    x: Region,
    scales: Region,
    quantizer: GroupQuantizer,
    codes: Region,
    first: number,
    count: number,
  ): Promise<void>;
}

const selfTestQuantizer = (bits: number): GroupQuantizer => ({
  bits,
  groupSize: 32,
  inverse: Float32Array.from({ length: SCALES }, (_, byte) => 1 / scaleOf(byte)),
  boundaries: Float32Array.from({ length: 2 ** bits - 1 }, (_, i) => (i + 1) * 6.1 * 2 ** -bits - 6),
});

export const quantizeGroups: Stage<QuantizeGroupsStage['quantizeGroups']> = {
  name: 'quantize_groups',
  shader: common + pack + source,
  check(chunk, x, scales, { bits, groupSize, inverse, boundaries }, codes, first, count) {
    checkCount(count, chunk);
    checkBits(bits);
    checkScales(scales, groupSize, first, count);
    checkLength(inverse, SCALES, 'inverse scales');
    checkLength(boundaries, (1 << bits) - 1, 'boundaries');
    checkRising(boundaries, 'boundaries');
    checkEnd(x, count * 4);
    checkEnd(codes, packedBytes(first + count, bits));
    checkDistinct(codes, x, scales);
  },
  cpu(kernel, x, scales, { bits, groupSize, inverse, boundaries }, codes, first, count) {
    const bytes = kernel.at(scales, first / groupSize);
    const factors = kernel.put(SCRATCH.table, tableOf(inverse));
    const steps = kernel.put(SCRATCH.lanes, tableOf(boundaries));
    const packed = kernel.at(codes, packedBytes(first, bits));
    kernel.run(x, bytes, groupSize, factors, steps, bits, packed, count);
  },
  gpu(x, scales, { bits, groupSize, inverse, boundaries }, codes, first, count) {
    const { window, byte } = scaleWindow(scales, groupSize, first, count);
    const packed = codeWindow(codes, bits, first, count);
    const table = tableOf(inverse, boundaries);
    return {
      constants: { BITS: bits },
      params: [count, Math.ceil(packed.bytes / 4), groupSize, byte],
      table,
      bindings: [values(x, count), packed, window, { memory: 'table', bytes: table.byteLength }],
      groups: blocksOf(count),
      result: done,
    };
  },
  selfTest: {
    inputs: () => [fine(21), scaleBytes(32), ...WIDTHS.map(bits => new Uint8Array(packedBytes(COUNT, bits)))],
    run: async (quantizeGroups, x, scales, ...codes) => {
      for (const [i, region] of codes.entries()) {
        await quantizeGroups(x, scales, selfTestQuantizer(WIDTHS[i] ?? 0), region, 0, COUNT);
      }
      return [];
    },
    digest: 'd0e738ea',
  },
};
