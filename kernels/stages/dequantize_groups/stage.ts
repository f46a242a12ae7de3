/** Stage dequantize_groups: packed codes to float32 by a table, then scaling by groups. */
import { packedBytes } from '../../codes.ts';
import { SCALES } from '../../groups.ts';
import type { Region } from '../../memory.ts';
import unpack from '../../shared/unpack.wgsl';
import { SCRATCH } from '../../wasm.ts';
import { checkBits, checkCount, checkDistinct, checkEnd } from '../checks.ts';
import { EACH, eachIn } from '../each.ts';
import { bytes, COUNT, scaleBytes, scaleOf, tableOfCodes, zeros } from '../sample.ts';
import { checkLength, checkScales, scaleWindow, tableOf } from '../scales.ts';
import type { Stage } from '../stage.ts';
import { codeWindow, values } from '../windows.ts';
import source from './dequantize_groups.wgsl';

export interface GroupTable {
  /** 1 to 8. */
  readonly bits: number;
  /** One of GROUP_SIZES. */
  readonly groupSize: number;
  /** 2^bits: the value of each code before scaling. */
  readonly values: Float32Array;
  /** What the values are multiplied by, for each of the SCALES bytes. */
  readonly scales: Float32Array;
}

export interface DequantizeGroupsStage {
  /** out[i] = ftz(values[code i]·scales[s]), code i as quantize_groups packed it from byte first·bits/8 of `codes` on,
   * where s is byte ⌊(first + i)/groupSize⌋ of `scales`. `first` is a multiple of CHUNK_ALIGNMENT. */
  dequantizeGroups(
    codes: Region,
    scales: Region,
    table: GroupTable,
    out: Region,
    first: number,
    count: number,
  ): Promise<void>;
}

const selfTestTable = (): GroupTable => ({
  bits: 3,
  groupSize: 32,
  values: tableOfCodes(3),
  scales: Float32Array.from({ length: SCALES }, (_, byte) => scaleOf(byte)),
});

export const dequantizeGroups: Stage<DequantizeGroupsStage['dequantizeGroups']> = {
  name: 'dequantize_groups',
  shader: EACH + unpack + source,
  check(chunk, codes, scales, table, out, first, count) {
    checkCount(count, chunk);
    checkBits(table.bits);
    checkScales(scales, table.groupSize, first, count);
    checkLength(table.values, 1 << table.bits, 'values of codes');
    checkLength(table.scales, SCALES, 'scales');
    checkEnd(codes, packedBytes(first + count, table.bits));
    checkEnd(out, count * 4);
    checkDistinct(out, codes, scales);
  },
  cpu(kernel, codes, scales, table, out, first, count) {
    const { bits, groupSize } = table;
    const values = kernel.put(SCRATCH.table, tableOf(table.values));
    const factors = kernel.put(SCRATCH.lanes, tableOf(table.scales));
    const bytes = kernel.at(scales, first / groupSize);
    const packed = kernel.at(codes, packedBytes(first, bits));
    kernel.run(packed, bits, values, bytes, groupSize, factors, out, count);
  },
  gpu(codes, scales, { bits, groupSize, ...tables }, out, first, count) {
    const { window, byte } = scaleWindow(scales, groupSize, first, count);
    const table = tableOf(tables.scales, tables.values);
    return eachIn(
      count,
      [
        codeWindow(codes, bits, first, count),
        window,
        { memory: 'table', bytes: table.byteLength },
        values(out, count),
      ],
      { constants: { BITS: bits }, params: [groupSize, byte], table },
    );
  },
  selfTest: {
    inputs: () => [bytes(22), scaleBytes(32), zeros()],
    run: async (dequantizeGroups, codes, scales, out) => {
      await dequantizeGroups(codes, scales, selfTestTable(), out, 0, COUNT);
      return [];
    },
    digest: '59ceb526',
  },
};
