/** Items of every kind do with the memory that is measured for them; of the backend's, a byte less is too little. */
import { describe, expect, test } from 'vitest';
import {
  CHUNK,
  createCpuBackend,
  measuringArena,
  type CpuBackend,
} from '../../kernels/backends/cpu/backend.ts';
import { OutOfBackendMemory } from '../../kernels/memory.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import { compareKind } from '../../extension/engine/inspect/compareItem.ts';
import { planCompare } from '../../extension/engine/inspect/compare.ts';
import { detailKind, type DetailItem } from '../../extension/engine/inspect/detailItem.ts';
import { storedTensor } from '../../extension/engine/inspect/storedTensor.ts';
import { kernelModule } from '../../extension/engine/kernels.ts';
import { METHODS } from '../../extension/engine/merge/methods/registry.ts';
import { planMerge } from '../../extension/engine/merge/plan.ts';
import { mergeKind } from '../../extension/engine/merge/tensor/mergeKind.ts';
import { planQuantize } from '../../extension/engine/quantize/plan.ts';
import { quantizeKind } from '../../extension/engine/quantize/quantizeKind.ts';
import { planRestore } from '../../extension/engine/restore/plan.ts';
import { restoreKind } from '../../extension/engine/restore/item.ts';
import { previewRoom } from '../../extension/engine/scheduler/backends.ts';
import type { Item } from '../../extension/engine/scheduler/item.ts';
import { memoryOf, runItem, type ItemKind } from '../../extension/engine/scheduler/itemKind.ts';
import type { MergeInput, QuantizeRecipe } from '../../extension/protocol/recipes.ts';
import type { TensorSource } from '../../extension/formats/tensorSource.ts';
import { workingBytes } from '../../extension/engine/tensors/sourceKinds.ts';
import { f32, fixture, writeSafetensors } from '../checkpoints.ts';
import { mergeRecipe, OPTIONS, quantize, recipe as quantizeRecipe, restoreRecipe } from '../engine.ts';
import { made, path } from './madeCheckpoints.ts';

const room = previewRoom(OPTIONS);

/** What of an item's memory is the backend's. */
function backendMemory<J extends Item>(kind: ItemKind<J>, item: J): number {
  const arena = measuringArena();
  kind.allocate(item, { alloc: bytes => arena.alloc(bytes), plain: () => undefined }, CHUNK);
  return arena.needed;
}

/** To make a backend for each run takes longer than most runs do. It has more memory than any of them needs. */
const shared = createCpuBackend({ module: await kernelModule(), memory: 2 ** 30 });

/** A backend with so many bytes for a scope, and others behind them. */
function backendWith(memory: number): CpuBackend {
  const scope: CpuBackend['scope'] = body =>
    shared.scope(given => {
      const arena = measuringArena(memory);
      const alloc = (bytes: number) => arena.alloc(bytes) && given.alloc(bytes);
      return body({ alloc });
    });
  return Object.assign(Object.create(shared) as CpuBackend, { capacity: memory, scope });
}

async function run<J extends Item>(kind: ItemKind<J>, item: J, memory: number): Promise<void> {
  const backend = backendWith(memory);
  const files = new FilePool();
  const { signal } = new AbortController();
  try {
    await runItem(kind, item, {
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

/** Runs items with just enough, piece by piece and as a whole. */
async function testMemory<J extends Item>(kind: ItemKind<J>, planned: readonly J[]): Promise<void> {
  const ways = (item: J) => [false, true].map(resident => ({ ...item, resident }));
  const items = planned.flatMap(item => (item.resident === undefined ? [item] : ways(item)));
  const taking = items.filter(item => memoryOf(kind, item, CHUNK) > 0);
  expect(taking).not.toEqual([]);
  for (const item of taking) {
    const memory = backendMemory(kind, item);
    expect(memoryOf(kind, item, CHUNK)).toBeGreaterThanOrEqual(memory);
    await run(kind, item, memory);
    await expect(run(kind, item, memory - 1)).rejects.toThrow(OutOfBackendMemory);
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
    const { items } = await planQuantize(asked, room);
    await testMemory(quantizeKind, items);
    const open = items.filter(({ tasks }) => tasks.some(task => task.open));
    if (asked.budget !== undefined)
      await testMemory(
        quantizeKind,
        open.map(item => ({ ...item, analyze: 'all' as const })),
      );

    const { base, output: file, tasks } = asked;
    await quantize(asked);
    const restoring = restoreRecipe(file, 't1', path('.safetensors'), { base });
    await testMemory(restoreKind, (await planRestore(restoring, room)).items);
    const inputs = tasks.map(({ name }) => ({ name, path: file, task: name }));
    await testMemory(
      mergeKind,
      (await planMerge(mergeRecipe(path(''), 'ties', inputs, { base }), room)).items,
    );
    const tvq = await openTvq(file);
    const [task] = tvq.tasks;
    const stored = ['layers.0.w.weight', 'layers.1.v.weight'].flatMap(
      tensor => (task && storedTensor(tvq, task)(tensor)) ?? [],
    );
    const details = stored.map((input): DetailItem => ({ kind: 'detail', tensor: 'w', input }));
    await testMemory(detailKind, details);
    if (asked.scheme !== 'fq') await testMemory(compareKind, (await planCompare({ file }, 9, room)).items);
  });
});

test('comparing checkpoints', async () => {
  const { base, tasks } = await made();
  await testMemory(compareKind, (await planCompare({ base, tasks }, 9, room)).items);
});

const inputsOf = ({ tasks }: QuantizeRecipe): MergeInput[] =>
  tasks.map(({ name, path }) => ({ name, path, task: undefined }));

/** Rows of a tensor: more than fit into a window, where the method ranks them. */
const rowsFor = (method: string): number => (/breadcrumbs|^della$/.test(method) ? 700_001 : 20_001);

test.each(METHODS.map(({ name }) => name))('merging by %s', async method => {
  const asked = await made({}, rowsFor(method));
  const merging = mergeRecipe(path(''), method, inputsOf(asked), { base: asked.base });
  await testMemory(mergeKind, (await planMerge(merging, room)).items);
});

test('a tensor that is begun again, as all models have the same infinities, does with what it has', async () => {
  const files = [path('.safetensors'), path('.safetensors'), path('.safetensors')];
  const mask = f32([4, 150_000], () => -Infinity);
  for (const file of files) await writeSafetensors(file, { 'attn.masked.weight': mask });
  const [base, ...others] = files;
  const inputs = others.map((file, i) => ({ name: `t${i}`, path: file, task: undefined }));
  for (const dtype of ['F32', 'F16'] as const) {
    const merging = mergeRecipe(path(''), 'breadcrumbs', inputs, { base, dtype });
    await testMemory(mergeKind, (await planMerge(merging, room)).items);
  }
});

test('what reading a computed source takes counts too', async () => {
  const asked = quantizeRecipe(path('.tvq'), {
    base: fixture('lora/base.safetensors'),
    tasks: [{ name: 'a', path: fixture('lora/kohya/lora.safetensors') }],
  });
  const { items } = await planQuantize(asked, room);
  const item = items.find(({ tensor }) => tensor === 'layers.0.q_proj.weight') as (typeof items)[number];
  const source = item.tasks[0]?.source as TensorSource;
  expect(source.kind).toBe('adapted');
  const plain = { ...item, tasks: item.tasks.map(task => ({ ...task, source: item.base })) };
  const taken = workingBytes(source);
  expect(taken).toBeGreaterThan(4 * 16 * 24);
  expect(memoryOf(quantizeKind, item, CHUNK)).toBe(memoryOf(quantizeKind, plain, CHUNK) + taken);
});
