/** Codecs of fixed width with a codebook: the same bytes everywhere, restored without bias, read by merges. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import { planQuantize } from '../../extension/engine/quantize/plan.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, writeSafetensors } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { gaussian, made, mergeDifferences, path, projectionOf } from './madeCheckpoints.ts';
import { testSameBytes } from './sameBytes.ts';

const CODECS: readonly Partial<QuantizeRecipe>[] = [
  { codec: 'clip', bits: 2 },
  { codec: 'gaussian', bits: 2, groupSize: 32 },
  { codec: 'lloyd-max', bits: 3, groupSize: 0 },
  { codec: 'hadamard', bits: 2 },
  { codec: 'hadamard', bits: 1, groupSize: 64 },
];
const nameOf = ({ codec, bits, groupSize }: Partial<QuantizeRecipe>): string =>
  `${codec}, ${bits} bits, groups of ${groupSize ?? 'their own'}`;

describe.each(CODECS.map(codec => [nameOf(codec), codec] as const))('%s', (_, codec) => {
  test('is planned to the byte, restored without bias, and as far off as the file says', async () => {
    const asked = await made(codec, 20_001);
    const { summary } = await planQuantize(asked, previewRoom(tvq.OPTIONS));
    const { bytes, relativeErrors } = await tvq.quantize(asked);
    expect((await stat(asked.output)).size).toBe(bytes);
    expect(bytes).toBeLessThanOrEqual(summary.bytes);
    expect((await tvq.verify(asked.output)).damaged).toEqual([]);
    for (const task of [0, 1]) {
      const { projection, error } = await projectionOf(asked, task);
      expect(projection).toBeCloseTo(1, 3);
      expect(error / (relativeErrors[task] as number)).toBeCloseTo(1, 2);
    }
  });

  testSameBytes(rows => made(codec, rows), 244 * 2 ** 20);
});

/** Relative errors that algorithms of these widths have on normal values, from published simulations. */
test.each([
  [{ codec: 'clip', bits: 2, groupSize: 0 }, 0.119],
  [{ codec: 'lloyd-max', bits: 2, groupSize: 0 }, 0.118],
  [{ codec: 'gaussian', bits: 2, groupSize: 64 }, 0.115],
  [{ codec: 'hadamard', bits: 2 }, 0.116],
  [{ codec: 'lloyd-max', bits: 3, groupSize: 0 }, 0.035],
] as const)('%o errs like the tables: %f', async (codec, expected) => {
  const asked = await made({ ...codec, reconstruction: 'nearest' }, 20_001);
  const { relativeErrors } = await tvq.quantize(asked);
  for (const error of relativeErrors) expect(error / expected).toBeCloseTo(1, 0.9);
});

test('a budget gives every tensor its own width', async () => {
  const asked = await made({ codec: 'hadamard', budget: '2.6bpw' }, 20_001);
  const { bytes } = await tvq.quantize(asked);
  const weights = 2 * (3 * 20_001 + 97 * 41 + 64 * 64 + 97);
  expect(bytes).toBeLessThanOrEqual((2.6 * weights) / 8);
  const { tasks } = await openTvq(asked.output);
  const codecs = tasks.flatMap(({ records }) => records.map(({ codec }) => codec));
  expect(codecs).toContainEqual({ codec: 'codebook', bits: 2, groupSize: 256, rotated: true });
  expect((await tvq.verify(asked.output)).damaged).toEqual([]);
});

test('a budget of min–max widths is kept', async () => {
  const asked = await made({ codec: 'minmax', budget: '4.3bpw' }, 20_001);
  const { bytes } = await tvq.quantize(asked);
  expect(bytes).toBeLessThanOrEqual((4.3 * 2 * (3 * 20_001 + 97 * 41 + 64 * 64 + 97)) / 8);
  // Better than 4 bits for every tensor.
  const even = await made({ codec: 'minmax', bits: 4 }, 20_001);
  await tvq.quantize(even);
  expect((await projectionOf(asked, 0)).error).toBeLessThan((await projectionOf(even, 0)).error);
});

test('a merge reads tensors in groups and blocks, row by row too', async () => {
  const asked = await made({ codec: 'hadamard', bits: 3, groupSize: 64 }, 100_001);
  await tvq.quantize(asked);
  const [difference] = await mergeDifferences(asked, ['breadcrumbs']);
  expect(difference).toBeLessThan(1e-6);
});

test('what is not finite is stored exactly, and so is what is too small for a scale', async () => {
  const asked = await made({ codec: 'gaussian' }, 2001);
  await writeSafetensors(asked.tasks[1]?.path as string, {
    'layers.0.w.weight': f32([3, 2001], gaussian(3, 0.01)),
    'layers.1.v.weight': f32([97, 41], i => (i === 5 ? NaN : 0.5)),
    'layers.1.same.weight': f32([64, 64], i => 0.5 + (i === 0 ? 2 ** -24 : 0)),
    'layers.1.norm.weight': f32([97], gaussian(4, 0.01)),
  });
  const { warnings } = await tvq.quantize(asked);
  expect(warnings.some(warning => warning.includes('layers.1.v.weight'))).toBe(true);
  const codecs = (await openTvq(asked.output)).tasks[1]?.records.map(({ codec }) => codec.codec);
  expect(codecs).toContain('exact');
});

test('a damaged payload is named', async () => {
  const asked = await made({ codec: 'hadamard', bits: 2 }, 2001);
  await tvq.quantize(asked);
  const bytes = await readFile(asked.output);
  const { tasks } = await openTvq(asked.output);
  const payload = tasks[0]?.records.find(({ tensor }) => tensor === 'layers.0.w.weight')?.payload;
  const at = (payload?.offset ?? 0) + (payload?.bytes ?? 0) - 3; // among the scales
  bytes[at] = (bytes[at] as number) ^ 1;
  await writeFile(asked.output, bytes);
  expect((await tvq.verify(asked.output)).damaged.join()).toContain('layers.0.w.weight');
  const output = path('.safetensors');
  const restoring = tvq.restore(tvq.restoreRecipe(asked.output, 't0', output, { base: asked.base }));
  await expect(restoring).rejects.toThrow('layers.0.w.weight');
});
