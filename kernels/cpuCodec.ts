/** The codec stages of the CPU backend. */
import type { Region } from './backend.ts';
import * as checks from './codecChecks.ts';
import { CODES } from './codecStages.ts';
import type { CodecStages } from './codecStages.ts';
import { startOf, WasmMergeStages } from './cpuMerge.ts';
import { SCRATCH } from './wasm.ts';

export abstract class WasmCodecStages extends WasmMergeStages implements CodecStages {
  async rotate(x: Region, index: number, count: number): Promise<void> {
    checks.checkRotate(this.chunk, x, index, count);
    this.kernels.exports.rotate(startOf(x), Math.floor(index / 32), (index % 32) / 4, count);
  }

  async codeCounts(codes: Region, first: number, count: number): Promise<Uint32Array> {
    checks.checkCodeCounts(this.chunk, codes, first, count);
    this.kernels.exports.codeCounts(startOf(codes) + first, count, SCRATCH.bins);
    return new Uint32Array(this.kernels.bytes.buffer, SCRATCH.bins, CODES).slice();
  }
}
