/** The group stages of the CPU backend. */
import { packedBytes } from './backend.ts';
import type { Region } from './memory.ts';
import { WasmCodecStages } from './cpuCodec.ts';
import { startOf } from './cpuMerge.ts';
import * as checks from './groupChecks.ts';
import type { GroupQuantizer, GroupStages, GroupTable } from './groupStages.ts';
import { SCRATCH } from './wasm.ts';

export abstract class WasmGroupStages extends WasmCodecStages implements GroupStages {
  async groupScales(
    x: Region,
    groupSize: number,
    thresholds: Float32Array,
    scales: Region,
    first: number,
    count: number,
  ): Promise<void> {
    checks.checkGroupScales(this.chunk, x, groupSize, thresholds, scales, first, count);
    this.putFloats(SCRATCH.table, thresholds);
    this.kernels.exports.groupScales(
      startOf(x),
      groupSize,
      SCRATCH.table,
      startOf(scales) + first / groupSize,
      count,
      SCRATCH.lanes,
    );
  }

  async quantizeGroups(
    x: Region,
    scales: Region,
    quantizer: GroupQuantizer,
    codes: Region,
    first: number,
    count: number,
  ): Promise<void> {
    checks.checkQuantizeGroups(this.chunk, x, scales, quantizer, codes, first, count);
    const { bits, groupSize, inverse, boundaries } = quantizer;
    this.putFloats(SCRATCH.table, inverse);
    this.putFloats(SCRATCH.lanes, boundaries);
    this.kernels.exports.quantizeGroups(
      startOf(x),
      startOf(scales) + first / groupSize,
      groupSize,
      SCRATCH.table,
      SCRATCH.lanes,
      bits,
      startOf(codes) + packedBytes(first, bits),
      count,
    );
  }

  async dequantizeGroups(
    codes: Region,
    scales: Region,
    table: GroupTable,
    out: Region,
    first: number,
    count: number,
  ): Promise<void> {
    checks.checkDequantizeGroups(this.chunk, codes, scales, table, out, first, count);
    const { bits, groupSize } = table;
    this.putFloats(SCRATCH.table, table.values);
    this.putFloats(SCRATCH.lanes, table.scales);
    this.kernels.exports.dequantizeGroups(
      startOf(codes) + packedBytes(first, bits),
      bits,
      SCRATCH.table,
      startOf(scales) + first / groupSize,
      groupSize,
      SCRATCH.lanes,
      startOf(out),
      count,
    );
  }
}
