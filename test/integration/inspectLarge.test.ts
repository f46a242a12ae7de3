/** A .tvq file of five gigabytes: how much of it is read, and how much memory that takes. */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { CHUNK, createCpuBackend } from '../../kernels/backends/cpu/backend.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import * as engine from '../../extension/engine/engine.ts';
import { detailKind, type DetailItem } from '../../extension/engine/inspect/detailItem.ts';
import { storedTensor } from '../../extension/engine/inspect/storedTensor.ts';
import { kernelModule } from '../../extension/engine/kernels.ts';
import { memoryOf, runItem } from '../../extension/engine/scheduler/itemKind.ts';
import { openTvq, type TvqFile } from '../../extension/formats/tvq/reader.ts';
import { queryTensors, summarizeTvq } from '../../extension/formats/tvq/summary.ts';
import { hooks, OPTIONS } from '../engine.ts';
import { writeSparseTvq } from '../sparseTvq.ts';
import { temporaryFolder } from '../temporary.ts';

const path = join(await temporaryFolder(), 'large.tvq');
const MATRIX = 'visual.transformer.resblocks.7.mlp.c_fc.weight';
let written: Awaited<ReturnType<typeof writeSparseTvq>>;
let file: TvqFile;

beforeAll(async () => {
  written = await writeSparseTvq(path, { tasks: 33, blocks: 24, width: 1024, bits: 4 });
});
afterEach(() => void vi.restoreAllMocks());

/** Counts the bytes read from files while `work` runs. */
async function bytesRead(work: () => Promise<unknown>): Promise<number> {
  const handle = await open(path, 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const read = vi.spyOn(prototype, 'read');
  const filled = vi.spyOn(FilePool.prototype, 'read');
  await work();
  const results = await Promise.all(
    read.mock.results.map(({ value }) => value as ReturnType<FileHandle['read']>),
  );
  const ofJobs = filled.mock.calls.reduce((sum, [, target]) => sum + target.length, 0);
  return results.reduce((sum, result) => sum + result.bytesRead, ofJobs);
}

test('opening, counting and paging read the header, the tables and the side arrays, no payload', async () => {
  expect(written.bytes).toBeGreaterThan(4.9e9);
  const sides = 24 * written.rows + 8 * 288;
  // The header is read once to parse it and once to check it.
  const read = await bytesRead(async () => {
    file = await openTvq(path);
    summarizeTvq(file);
    queryTensors(file, { search: 'mlp', sort: 'error', descending: true, first: 2000, count: 1000 });
  });
  expect(read).toBe(2 * written.headerBytes + written.tableBytes + sides);
  const summary = summarizeTvq(file);
  expect(summary).toMatchObject({ bytes: written.bytes, rows: written.rows });
  expect(summary.layers.map(({ group }) => group)).toEqual(
    Array.from({ length: 24 }, (_, layer) => String(layer)),
  );
  expect(summary.codecs.map(({ group }) => group)).toEqual(['affine 4', 'exact']);
  for (const groups of [summary.groups, summary.layers, summary.codecs]) {
    const sum = groups.reduce((total, { codes, exact }) => total + codes + exact, 0);
    expect(sum).toBe(summary.parts.codes + summary.parts.exact);
  }
});

test('looking into a tensor reads its payload, a stretch at a time', async () => {
  const input = storedTensor(file, file.tasks[20]!)(MATRIX)!;
  const job: DetailItem = { kind: 'detail', tensor: MATRIX, input };
  const memory = memoryOf(detailKind, job, CHUNK);
  expect(memory).toBeLessThan(8 * 2 ** 20);
  const backend = createCpuBackend({ module: await kernelModule(), memory });
  const files = new FilePool();
  const signal = new AbortController().signal;
  const context = { backend, kernels: backend.kernels, files, signal, emit: async () => undefined };
  const read = await bytesRead(async () => {
    const { contents } = await runItem(detailKind, job, context);
    expect(contents.codes).toEqual({ from: 0, to: 1, counts: [4096 * 1024] });
    expect(contents.values).toMatchObject({ count: 4096 * 1024, deviation: 0 });
  });
  await files.close();
  // Once for the range, once for the values.
  expect(read).toBe(2 * input.record.payload!.bytes);
  // A tensor a hundred times as long takes no more memory.
  const shape = [409_600, 1024];
  const long = { ...job, input: { ...input, record: { ...input.record, shape } } };
  expect(memoryOf(detailKind, long, CHUNK)).toBe(memory);
});

test('a detail is a small message', async () => {
  const detail = await engine.tensorDetail(path, 'task20', MATRIX, hooks().signal);
  expect(JSON.stringify(detail).length).toBeLessThan(200_000);
});

test('a few tensors of many tasks are compared within the memory that is allowed', async () => {
  const found = await engine.compareTasks({ file: path }, 1, { ...OPTIONS, memory: 2 ** 29 }, hooks());
  expect(found).toMatchObject({ tensors: 1, comparable: 96, leftOut: 192 });
  // Holes are code 0 in every task, so all tasks move in the same way.
  expect(found.cosines[3]![30]).toBeCloseTo(1, 5);
  expect(JSON.stringify(found).length).toBeLessThan(200_000);
});
