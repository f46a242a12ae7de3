/** Stage unpack_dequantize: packed codes to float32 by a table, plus an addend. */
import { packedBytes } from '../../codes.ts';
import type { Region, Slice } from '../../memory.ts';
import { NO_TYPE, SCRATCH, TYPE_NUMBERS } from '../../wasm.ts';
import {
  checkBits,
  checkCount,
  checkDistinct,
  checkEnd,
  checkFirst,
  checkSlice,
  require,
} from '../checks.ts';
import { EACH, eachIn } from '../each.ts';
import { bytes, COUNT, fine, tableOfCodes, zeros } from '../sample.ts';
import { tableOf } from '../scales.ts';
import type { Stage } from '../stage.ts';
import { codeWindow, window } from '../windows.ts';
import unpack from '../../shared/unpack.wgsl';
import source from './unpack_dequantize.wgsl';

export interface UnpackDequantizeStage {
  /** out[i] = table[code i], or ftz(decode(addend[i]) + table[code i]); F32 at element `outFirst` of `out` (a multiple
   * of CHUNK_ALIGNMENT). `table` has 2^bits values. */
  unpackDequantize(
    codes: Region,
    first: number,
    bits: number,
    table: Float32Array,
    addend: Slice | undefined,
    out: Region,
    outFirst: number,
    count: number,
  ): Promise<void>;
}

export const unpackDequantize: Stage<UnpackDequantizeStage['unpackDequantize']> = {
  name: 'unpack_dequantize',
  shader: EACH + unpack + source,
  check(chunk, codes, first, bits, table, addend, out, outFirst, count) {
    checkCount(count, chunk);
    checkBits(bits);
    require(table.length === 1 << bits, `a table of ${table.length} values for codes of ${bits} bits`);
    checkFirst(first);
    checkEnd(codes, packedBytes(first + count, bits));
    checkSlice({ region: out, type: 'F32', first: outFirst }, count);
    if (addend) checkSlice(addend, count);
    checkDistinct(out, codes, addend?.region);
  },
  cpu(kernel, codes, first, bits, table, addend, out, outFirst, count) {
    const from = kernel.at(codes, packedBytes(first, bits));
    const values = kernel.put(SCRATCH.table, tableOf(table));
    kernel.run(from, bits, values, ...kernel.elements(addend), kernel.at(out, outFirst * 4), count);
  },
  gpu(codes, first, bits, table, addend, out, outFirst, count) {
    const packed = codeWindow(codes, bits, first, count);
    return eachIn(
      count,
      [
        packed,
        { memory: 'table', bytes: table.byteLength },
        addend ? window(addend, count) : packed,
        window({ region: out, type: 'F32', first: outFirst }, count),
      ],
      {
        constants: { BITS: bits, ADDEND: addend ? TYPE_NUMBERS[addend.type] : NO_TYPE },
        table: tableOf(table),
      },
    );
  },
  selfTest: {
    inputs: () => [bytes(17), fine(1), zeros()],
    run: async (unpackDequantize, codes, base, out) => {
      const addend: Slice = { region: base, type: 'F32', first: 0 };
      await unpackDequantize(codes, 0, 3, tableOfCodes(3), addend, out, 0, COUNT);
      return [];
    },
    digest: '0e688bb2',
  },
};
