/** Jobs of every kind do with the memory that is measured for them; of the backend's, a byte less is too little. */
import { describe, expect, test } from 'vitest';
import { CHUNK, createCpuBackend, measuringArena } from '../../kernels/backends/cpu/backend.ts';
import { OutOfBackendMemory } from '../../kernels/memory.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { compareKind } from '../../extension/engine/inspect/compareJob.ts';
import { planCompare } from '../../extension/engine/inspect/compare.ts';
import { detailKind, type DetailJob } from '../../extension/engine/inspect/detailJob.ts';
import { storedTensor } from '../../extension/engine/inspect/storedTensor.ts';
import { kernelModule } from '../../extension/engine/kernels.ts';
import { METHODS } from '../../extension/engine/merge/methods/registry.ts';
import { planMerge } from '../../extension/engine/merge/plan.ts';
import { mergeKind } from '../../extension/engine/merge/tensor/mergeKind.ts';
import { planQuantize } from '../../extension/engine/quantize/plan.ts';
import { quantizeKind } from '../../extension/engine/quantize/quantizeKind.ts';
import { planRestore } from '../../extension/engine/restore/plan.ts';
import { restoreKind } from '../../extension/engine/restore/job.ts';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import type { Job } from '../../extension/engine/scheduler/job.ts';
import { memoryOf, runJob, type JobKind } from '../../extension/engine/scheduler/jobKind.ts';
import type { MergeInput, QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import { f32, writeSafetensors } from '../checkpoints.ts';
import { mergeRecipe, OPTIONS, quantize, restoreRecipe } from '../engine.ts';
import { made, path } from './madeCheckpoints.ts';

const room = previewRoom(OPTIONS);

/** What of a job's memory is the backend's. */
function backendMemory<J extends Job>(kind: JobKind<J>, job: J): number {
  const arena = measuringArena();
  kind.allocate(job, { alloc: bytes => arena.alloc(bytes), plain: () => undefined }, CHUNK);
  return arena.needed;
}

async function run<J extends Job>(kind: JobKind<J>, job: J, memory: number): Promise<void> {
  const backend = createCpuBackend({ module: await kernelModule(), memory });
  const files = new FilePool();
  const { signal } = new AbortController();
  try {
    await runJob(kind, job, {
      backend,
      kernels: backend.kernels,
      files,
      signal,
      emit: async () => undefined,
    });
  } finally {
    await files.close();
  }
}

/** Runs jobs with just enough, piece by piece and as a whole. */
async function testMemory<J extends Job>(kind: JobKind<J>, planned: readonly J[]): Promise<void> {
  const ways = (job: J) => [false, true].map(resident => ({ ...job, resident }));
  const jobs = planned.flatMap(job => (job.resident === undefined ? [job] : ways(job)));
  const taking = jobs.filter(job => memoryOf(kind, job, CHUNK) > 0);
  expect(taking).not.toEqual([]);
  for (const job of taking) {
    const memory = backendMemory(kind, job);
    expect(memoryOf(kind, job, CHUNK)).toBeGreaterThanOrEqual(memory);
    await run(kind, job, memory);
    await expect(run(kind, job, memory - 1)).rejects.toThrow(OutOfBackendMemory);
  }
}

const CODECS: Readonly<Record<string, Partial<QuantizeRecipe>>> = {
  minmax: {},
  pruned: { prune: 0.5 },
  fq: { scheme: 'fq' },
  rtvq: { scheme: 'rtvq' },
  clip: { codec: 'clip', groupSize: 32 },
  gaussian: { codec: 'gaussian', groupSize: 0 },
  'lloyd-max': { codec: 'lloyd-max' },
  hadamard: { codec: 'hadamard' },
  entropy: { budget: '2bpw' },
  'entropy, rtvq': { budget: '2bpw', scheme: 'rtvq' },
};

describe.each(Object.entries(CODECS))('%s', (_, changes) => {
  test('quantizing, measuring, and all that reads what was written', async () => {
    const asked = await made(changes);
    const { jobs } = await planQuantize(asked, room);
    await testMemory(quantizeKind, jobs);
    const open = jobs.filter(({ tasks }) => tasks.some(task => task.open));
    if (asked.budget !== undefined)
      await testMemory(
        quantizeKind,
        open.map(job => ({ ...job, analyze: 'all' as const })),
      );

    const { base, output: file, tasks } = asked;
    await quantize(asked);
    const restoring = restoreRecipe(file, 't1', path('.safetensors'), { base });
    await testMemory(restoreKind, (await planRestore(restoring, room)).jobs);
    const inputs = tasks.map(({ name }) => ({ name, path: file, task: name }));
    await testMemory(
      mergeKind,
      (await planMerge(mergeRecipe(path(''), 'ties', inputs, { base }), room)).jobs,
    );
    const tvq = await openTvq(file);
    const [task] = tvq.tasks;
    const stored = ['layers.0.w.weight', 'layers.1.v.weight'].flatMap(
      tensor => (task && storedTensor(tvq, task)(tensor)) ?? [],
    );
    const details = stored.map((input): DetailJob => ({ kind: 'detail', tensor: 'w', input }));
    await testMemory(detailKind, details);
    if (asked.scheme !== 'fq') await testMemory(compareKind, (await planCompare({ file }, 9, room)).jobs);
  });
});

test('comparing checkpoints', async () => {
  const { base, tasks } = await made();
  await testMemory(compareKind, (await planCompare({ base, tasks }, 9, room)).jobs);
});

const inputsOf = ({ tasks }: QuantizeRecipe): MergeInput[] =>
  tasks.map(({ name, path }) => ({ name, path, task: undefined }));

/** Rows of a tensor: more than fit into a window, where the method ranks them. */
const rowsFor = (method: string): number => (/breadcrumbs|^della$/.test(method) ? 700_001 : 20_001);

test.each(METHODS.map(({ name }) => name))('merging by %s', async method => {
  const asked = await made({}, rowsFor(method));
  const merging = mergeRecipe(path(''), method, inputsOf(asked), { base: asked.base });
  await testMemory(mergeKind, (await planMerge(merging, room)).jobs);
});

test('a tensor that is begun again, as all models have the same infinities, does with what it has', async () => {
  const files = [path('.safetensors'), path('.safetensors'), path('.safetensors')];
  const mask = f32([4, 150_000], () => -Infinity);
  for (const file of files) await writeSafetensors(file, { 'attn.masked.weight': mask });
  const [base, ...others] = files;
  const inputs = others.map((file, i) => ({ name: `t${i}`, path: file, task: undefined }));
  for (const dtype of ['F32', 'F16'] as const) {
    const merging = mergeRecipe(path(''), 'breadcrumbs', inputs, { base, dtype });
    await testMemory(mergeKind, (await planMerge(merging, room)).jobs);
  }
});
