/** Tests that what a recipe writes, and reads back, does not depend on where and how it is computed. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { planQuantize } from '../../extension/engine/quantize/plan.ts';
import type { QuantizeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import * as tvq from '../engine.ts';
import { content, path } from './madeCheckpoints.ts';

/** The bytes of the last task. */
async function restored(
  { output: file, base, tasks }: QuantizeRecipe,
  options?: Partial<RunOptions>,
): Promise<Buffer> {
  const output = path('.safetensors');
  await tvq.restore(tvq.restoreRecipe(file, tasks.at(-1)?.name as string, output, { base }), options);
  return readFile(output);
}

/** `make`: a recipe over a tensor with this many rows; `memory`: too few bytes for one of 1,000,003. */
export function testSameBytes(make: (rows: number) => Promise<QuantizeRecipe>, memory: number): void {
  test('the same bytes for any number of threads, and whether tensors fit into memory or not', async () => {
    const asked = await make(1_000_003);
    const small: RunOptions = { ...tvq.OPTIONS, memory };
    const { items } = await planQuantize(asked, previewRoom(small));
    expect(items.some(({ resident }) => !resident)).toBe(true);
    const inPieces = { ...asked, output: path('.tvq') };
    await tvq.quantize(asked, { threads: 2 });
    await tvq.quantize(inPieces, small);
    expect((await content(inPieces.output)).equals(await content(asked.output))).toBe(true);
    expect((await restored(asked, small)).equals(await restored(asked))).toBe(true);
  });

  test('the same bytes on the GPU backend, there and back', async () => {
    const asked = await make(8003);
    const onGpu = { ...asked, output: path('.tvq') };
    await tvq.quantize(asked);
    expect((await tvq.quantize(onGpu, { backend: 'webgpu' })).backend).toBe('webgpu');
    expect((await content(onGpu.output)).equals(await content(asked.output))).toBe(true);
    expect((await restored(asked, { backend: 'webgpu' })).equals(await restored(asked))).toBe(true);
  });
}
