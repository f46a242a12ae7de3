/** The codec stages of the WebGPU backend. */
import type { Region } from '../backend.ts';
import * as checks from '../codecChecks.ts';
import { CODES } from '../codecStages.ts';
import type { CodecStages } from '../codecStages.ts';
import type { GpuRegion } from './memory.ts';
import { WebGpuMergeStages } from './mergeStages.ts';
import { OFFSET_BYTES, tilesOf } from './windows.ts';

export abstract class WebGpuCodecStages extends WebGpuMergeStages implements CodecStages {
  async rotate(x: Region, index: number, count: number): Promise<void> {
    checks.checkRotate(this.chunk, x, index, count);
    await this.each('rotate', count, [x], {}, Uint32Array.of(Math.floor(index / 32), (index % 32) / 4));
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
}
