/** Tests that what a recipe writes, and reads back, does not depend on where and how it is computed. */
import { expect, test } from 'vitest';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { planQuantize } from '../../extension/engine/quantize/plan.ts';
import type { QuantizeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import * as tvq from '../engine.ts';
import { content, path, projectionOf } from './madeCheckpoints.ts';

/** `make`: a recipe over a tensor with this many rows; `memory`: too few bytes for one of 1,000,003. */
export function testSameBytes(make: (rows: number) => Promise<QuantizeRecipe>, memory: number): void {
  test('the same bytes for any number of threads, and whether tensors fit into memory or not', async () => {
    const asked = await make(1_000_003);
    const small: RunOptions = { ...tvq.OPTIONS, memory };
    const { jobs } = await planQuantize(asked, previewRoom(small));
    expect(jobs.some(({ resident }) => !resident)).toBe(true);
    await tvq.quantize(asked);
    const expected = await content(asked.output);
    for (const options of [{ threads: 2 }, small]) {
      const output = path('.tvq');
      await tvq.quantize({ ...asked, output }, options);
      expect((await content(output)).equals(expected)).toBe(true);
    }
    const last = asked.tasks.length - 1;
    const whole = await projectionOf(asked, last);
    expect((await projectionOf(asked, last, small)).bytes.equals(whole.bytes)).toBe(true);
  });

  test('the same bytes on the GPU backend, there and back', async () => {
    const asked = await make(20_001);
    const onGpu = { ...asked, output: path('.tvq') };
    await tvq.quantize(asked);
    expect((await tvq.quantize(onGpu, { backend: 'webgpu' })).backend).toBe('webgpu');
    expect((await content(onGpu.output)).equals(await content(asked.output))).toBe(true);
    const [cpu, gpu] = [await projectionOf(asked, 0), await projectionOf(asked, 0, { backend: 'webgpu' })];
    expect(gpu.bytes.equals(cpu.bytes)).toBe(true);
  });
}
