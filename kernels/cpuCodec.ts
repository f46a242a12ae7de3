/** The codec stages of the CPU backend. */
import type { Region } from './memory.ts';
import * as checks from './codecChecks.ts';
import { CODES, STREAM, type CodecStages, type Order, type PayloadHead } from './codecStages.ts';
import { startOf, WasmMergeStages } from './cpuMerge.ts';
import { SCRATCH } from './wasm.ts';

export abstract class WasmCodecStages extends WasmMergeStages implements CodecStages {
  async rotate(x: Region, index: number, count: number, order: Order = 4): Promise<void> {
    checks.checkRotate(this.chunk, x, index, count, order);
    const word = Math.floor(index / 32);
    if (order === 4) this.kernels.exports.rotate(startOf(x), word, (index % 32) / 4, count);
    else this.kernels.exports.rotate256(startOf(x), word, count);
  }

  async codeCounts(codes: Region, first: number, count: number): Promise<Uint32Array> {
    checks.checkCodeCounts(this.chunk, codes, first, count);
    this.kernels.exports.codeCounts(startOf(codes) + first, count, SCRATCH.bins);
    return new Uint32Array(this.kernels.bytes.buffer, SCRATCH.bins, CODES).slice();
  }

  async ransDecode(
    payload: Region,
    head: PayloadHead,
    codes: Region,
    firstStream: number,
    count: number,
    at = 0,
  ): Promise<void> {
    checks.checkRansDecode(this.chunk, payload, head, codes, firstStream, count, at);
    if (count === 0) return;
    const { buffer } = this.kernels.bytes;
    const offsets = head.offsets.subarray(firstStream, firstStream + Math.ceil(count / STREAM) + 1);
    new Uint32Array(buffer, SCRATCH.bins).set(offsets);
    new Uint16Array(buffer, SCRATCH.table).set(head.frequencies);
    const { bins, table, rans } = SCRATCH;
    this.kernels.exports.ransDecode(startOf(payload), bins, table, startOf(codes) + at, count, rans);
  }
}
