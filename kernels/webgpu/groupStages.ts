/** The group stages of the WebGPU backend. */
import type { Region } from '../memory.ts';
import { flushed } from '../ftz.ts';
import * as checks from '../groupChecks.ts';
import { groupsOf, type GroupQuantizer, type GroupStages, type GroupTable } from '../groupStages.ts';
import { WebGpuCodecStages } from './codecStages.ts';
import type { GpuRegion } from './memory.ts';
import type { Binding } from './runner.ts';
import { blocksOf, codeWindow, OFFSET_BYTES, tilesOf, values } from './windows.ts';

/** The window that the scales of a call's groups lie in, and the byte of it that they begin with. */
function scaleWindow(
  scales: Region,
  groupSize: number,
  first: number,
  count: number,
): { window: Binding; byte: number } {
  const begin = first / groupSize;
  const byte = begin % OFFSET_BYTES;
  const bytes = byte + groupsOf(count, groupSize);
  return { window: { memory: scales as GpuRegion, offset: begin - byte, bytes }, byte };
}

/** Tables of a stage, one behind the other. */
const tableOf = (...tables: readonly Float32Array[]): Float32Array<ArrayBuffer> =>
  Float32Array.from(
    tables.flatMap(table => Array.from(table)),
    flushed,
  );

export abstract class WebGpuGroupStages extends WebGpuCodecStages implements GroupStages {
  async groupScales(
    x: Region,
    groupSize: number,
    thresholds: Float32Array,
    scales: Region,
    first: number,
    count: number,
  ): Promise<void> {
    checks.checkGroupScales(this.chunk, x, groupSize, thresholds, scales, first, count);
    if (count === 0) return;
    const { window, byte } = scaleWindow(scales, groupSize, first, count);
    const table = tableOf(thresholds);
    await this.runner.run({
      stage: 'group_scales',
      constants: {},
      params: Uint32Array.of(count, groupSize, byte / 4),
      table,
      bindings: [values(x, count), { memory: this.runner.table, bytes: table.byteLength }, window],
      groups: blocksOf(count),
    });
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
    if (count === 0) return;
    const { bits, groupSize, inverse, boundaries } = quantizer;
    const { window, byte } = scaleWindow(scales, groupSize, first, count);
    const packed = codeWindow(codes, bits, first, count);
    const table = tableOf(inverse, boundaries);
    await this.runner.run({
      stage: 'quantize_groups',
      constants: { BITS: bits },
      params: Uint32Array.of(count, Math.ceil(packed.bytes / 4), groupSize, byte),
      table,
      bindings: [values(x, count), packed, window, { memory: this.runner.table, bytes: table.byteLength }],
      groups: blocksOf(count),
    });
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
    if (count === 0) return;
    const { bits, groupSize } = table;
    const { window, byte } = scaleWindow(scales, groupSize, first, count);
    const both = tableOf(table.scales, table.values);
    await this.runner.run({
      stage: 'dequantize_groups',
      constants: { BITS: bits },
      params: Uint32Array.of(count, groupSize, byte),
      table: both,
      bindings: [
        codeWindow(codes, bits, first, count),
        window,
        { memory: this.runner.table, bytes: both.byteLength },
        values(out, count),
      ],
      groups: tilesOf(count),
    });
  }
}
