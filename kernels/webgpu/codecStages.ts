/** The codec stages of the WebGPU backend. */
import type { Region } from '../memory.ts';
import * as checks from '../codecChecks.ts';
import { CODES, STREAM, type CodecStages, type Order, type PayloadHead } from '../codecStages.ts';
import type { GpuRegion } from './memory.ts';
import { WebGpuMergeStages } from './mergeStages.ts';
import { OFFSET_BYTES, tilesOf } from './windows.ts';

/** Streams of a workgroup: WORKERS of rans_decode.wgsl. */
const WORKERS = 32;

export abstract class WebGpuCodecStages extends WebGpuMergeStages implements CodecStages {
  async rotate(x: Region, index: number, count: number, order: Order = 4): Promise<void> {
    checks.checkRotate(this.chunk, x, index, count, order);
    const stage = order === 4 ? 'rotate' : 'rotate_256';
    await this.each(stage, count, [x], {}, Uint32Array.of(Math.floor(index / 32), (index % 32) / 4));
  }

  async codeCounts(codes: Region, first: number, count: number): Promise<Uint32Array> {
    checks.checkCodeCounts(this.chunk, codes, first, count);
    if (count === 0) return new Uint32Array(CODES);
    const within = first % OFFSET_BYTES;
    const bytes = 4 * CODES;
    const found = await this.runner.run({
      stage: 'code_counts',
      constants: {},
      params: Uint32Array.of(within, within + count),
      bindings: [
        { memory: this.runner.results, bytes },
        { memory: codes as GpuRegion, offset: first - within, bytes: within + count },
      ],
      groups: tilesOf(Math.ceil((within + count) / 4)),
      clear: bytes,
      result: bytes,
    });
    return new Uint32Array(found.buffer, found.byteOffset, CODES);
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
    const streams = Math.ceil(count / STREAM);
    const offsets = head.offsets.subarray(firstStream, firstStream + streams + 1);
    const [first = 0, end = 0] = [offsets[0], offsets[streams]];
    // The window begins on a whole step of bytes, at 16-bit word `start`.
    const start = first - (first % (OFFSET_BYTES / 2));
    const table = new Uint32Array(CODES + streams + 1);
    let slot = 0;
    head.frequencies.forEach((frequency, code) => {
      table[code] = frequency | (slot << 16);
      slot += frequency;
    });
    table.set(
      offsets.map(offset => offset - start),
      CODES,
    );
    await this.runner.run({
      stage: 'rans_decode',
      constants: {},
      params: Uint32Array.of(count, streams),
      table,
      bindings: [
        { memory: payload as GpuRegion, offset: start * 2, bytes: (end - start) * 2 },
        { memory: this.runner.table, bytes: table.byteLength },
        { memory: codes as GpuRegion, offset: at, bytes: count },
      ],
      groups: Math.ceil(streams / WORKERS),
    });
  }
}
