/** A GPU that fails during a job: the CPU does the rest, with the same bytes, and the user is told. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { BackendFailure } from '../../kernels/backend.ts';
import { WebGpuMachine } from '../../kernels/backends/webgpu/backend.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import * as engine from '../../extension/engine/engine.ts';
import { describeSystemError } from '../../extension/shared/errors.ts';
import type { RunOptions } from '../../extension/protocol/recipes.ts';
import { f32, fixture, writeSafetensors } from '../checkpoints.ts';
import {
  checkpointInput,
  hooks,
  leftovers,
  LLAMA_TASKS,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
} from '../engine.ts';
import { content, path } from './madeCheckpoints.ts';

const base = fixture('llama/base');
const file = path('.tvq');
beforeAll(() => quantize(recipe(file)));
afterEach(() => vi.restoreAllMocks());

/** Makes the GPU fail when the n-th piece of an input is read, and from then on. */
function failAtRead(nth: number, fail: (gpu: WebGpuMachine) => void): void {
  /* oxlint-disable typescript/unbound-method */
  const { scope } = WebGpuMachine.prototype;
  const { read } = FilePool.prototype;
  /* oxlint-enable typescript/unbound-method */
  let gpu: WebGpuMachine | undefined;
  let reads = 0;
  vi.spyOn(WebGpuMachine.prototype, 'scope').mockImplementation(function (this: WebGpuMachine, body) {
    gpu = this; // oxlint-disable-line typescript/no-this-alias
    return scope.call(this, body);
  });
  vi.spyOn(FilePool.prototype, 'read').mockImplementation(function (this: FilePool, ...args) {
    if (++reads === nth && gpu) fail(gpu);
    return read.apply(this, args);
  });
}

const lose = (gpu: WebGpuMachine) => gpu.device.gpu.destroy();
const runOutOfMemory = () => {
  throw new BackendFailure('allocating 4096 bytes: out of memory');
};

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Done {
  readonly output: unknown;
  readonly backend?: string;
  readonly warnings?: readonly string[];
}

/** Names and contents of a model folder, except the card, which has a date, and the report's notes. */
const modelOf = async (folder: string): Promise<unknown> => {
  const names = (await readdir(folder, { recursive: true }))
    .filter(name => !name.endsWith('README.md'))
    .sort();
  const files = names.filter(name => /\.\w+$/.test(name));
  const contentOf = async (name: string) => {
    const bytes = await readFile(join(folder, name));
    if (!name.endsWith('merge-report.json')) return digestOf(bytes);
    const { notes: _, ...report } = JSON.parse(bytes.toString()) as { notes?: unknown };
    return report;
  };
  return Promise.all(files.map(async name => [name, await contentOf(name)]));
};

/** Every command, with its result. */
const COMMANDS: Record<string, (options: RunOptions, more: engine.Hooks) => Promise<Done>> = {
  'quantize to a budget': async (options, more) => {
    const asked = recipe(path('.tvq'), { scheme: 'rtvq', budget: '5bpw' });
    const done = await engine.quantize(asked, options, more);
    return { ...done, output: digestOf(await content(asked.output)) };
  },
  'quantize tensors of several spans': async (options, more) => {
    const asked = { ...large, output: path('.tvq') };
    const done = await engine.quantize(asked, options, more);
    return { ...done, output: digestOf(await content(asked.output)) };
  },
  analyze: async (options, more) => {
    const { tensors, warnings } = await engine.analyze(recipe(path('.tvq')), options, more);
    return { output: tensors, warnings };
  },
  'merge (ties)': async (options, more) => {
    const inputs = LLAMA_TASKS.map(({ name, path }) => checkpointInput(path, name));
    const asked = mergeRecipe(path(), 'ties', inputs, {
      base,
      shardBytes: 16_000,
      parameters: { trim: 'global' },
    });
    const done = await engine.merge(asked, options, more);
    return { ...done, output: [await modelOf(asked.output), done.report] };
  },
  'merge (emr)': async (options, more) => {
    const inputs = LLAMA_TASKS.map(({ name }) => ({ name, path: file, task: name }));
    const asked = mergeRecipe(path(), 'emr', inputs, { base });
    const done = await engine.merge(asked, options, more);
    return { ...done, output: [await modelOf(asked.output), done.report] };
  },
  restore: async (options, more) => {
    const asked = restoreRecipe(file, 'math', path('.safetensors'));
    const done = await engine.restore(asked, options, more);
    return { ...done, output: digestOf(await readFile(asked.output)) };
  },
  compare: async (options, more) => ({
    output: await engine.compareTasks({ file }, undefined, options, more),
  }),
};

/** Longer than one span: what was written of the first one is not written again. */
let large = recipe('');
beforeAll(async () => {
  const tensor = (step: number) => f32([2, 1_050_001], i => ((i * step) % 1013) / 1e4);
  const [start, tuned] = [path('.safetensors'), path('.safetensors')];
  await writeSafetensors(start, { w: tensor(7), 'v.weight': f32([64, 64], i => i) });
  await writeSafetensors(tuned, { w: tensor(11), 'v.weight': f32([64, 64], i => 2 * i) });
  large = recipe('', { base: start, tasks: [{ name: 't', path: tuned }], bits: 4 });
});

// First, as the GPU stays open for the next one.
test('a disk that is full, or an input that cannot be read, is no failure of the GPU', async () => {
  const fail = vi.spyOn(FilePool.prototype, 'read');
  fail.mockRejectedValue(describeSystemError(Object.assign(new Error('EIO'), { code: 'EIO' }), base));
  const asked = restoreRecipe(file, 'math', path('.safetensors'));
  await expect(restore(asked, { backend: 'webgpu' })).rejects.toThrow(base);
  await expect(stat(asked.output)).rejects.toThrow('ENOENT');
  expect(await leftovers(asked.output)).toEqual([]);
});

const LOST = /was lost/;
const FULL = /out of memory/;

// A GPU that was lost is opened anew, which takes seconds; one that has no memory left is not.
test.each([
  ['quantize tensors of several spans', 4, runOutOfMemory, FULL],
  ['analyze', 30, runOutOfMemory, FULL],
  ['merge (ties)', 300, runOutOfMemory, FULL],
  ['merge (emr)', 70, runOutOfMemory, FULL],
  ['compare', 20, runOutOfMemory, FULL],
  ['quantize to a budget', 30, lose, LOST],
  ['merge (ties)', 1, lose, LOST],
  ['restore', 20, lose, LOST],
] as const)('%s: the GPU fails at read %d', async (name, nth, fail, why) => {
  const command = COMMANDS[name] as (typeof COMMANDS)[string];
  const expected = await command({ ...OPTIONS, backend: 'cpu' }, hooks());
  const told: string[] = [];
  const progress: number[] = [];
  failAtRead(nth, fail);
  const found = await command(
    { ...OPTIONS, backend: 'webgpu', memory: 2 ** 28 + 2 ** 27 },
    {
      ...hooks(),
      onNotice: text => told.push(text),
      onProgress: ({ done, total }) => progress.push(done / total),
    },
  );
  expect(told).toEqual([
    expect.stringMatching(/^the GPU failed at tensor ".+" \(.*\); what was left was computed on the CPU/),
  ]);
  expect(told[0]).toMatch(why);
  expect(found.output).toEqual(expected.output);
  expect(found.warnings ?? told).toEqual([...told, ...(expected.warnings ?? [])]);
  if (found.backend !== undefined) expect(found.backend).toBe('cpu');
  expect(Math.max(0, ...progress)).toBeLessThanOrEqual(1);
});
