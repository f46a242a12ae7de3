/**
 * A computed source is one kind, defined in one place: here a model whose bytes are all inverted on disk. Quantizing,
 * restoring, merging and comparing give the same results as from the plain model.
 */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, expect, test, vi } from 'vitest';
import type * as Dist from '../../extension/engine/dist.ts';
import type * as Sources from '../../extension/formats/tensorSource.ts';
import * as engine from '../../extension/engine/engine.ts';
import { fixture } from '../checkpoints.ts';
import {
  checkpointInput,
  hooks,
  merge,
  mergeRecipe,
  OPTIONS,
  quantize,
  recipe,
  restore,
  restoreRecipe,
} from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';
import { INVERTED } from './invertedSource.ts';

/** Threads that know the kind too. */
const worker = vi.hoisted(() => ({ url: undefined as unknown as URL }));
vi.mock('../../extension/engine/dist.ts', async original => ({
  ...(await original<typeof Dist>()),
  get workerUrl() {
    return worker.url;
  },
}));

/** What a reader of such models would return. */
vi.mock('../../extension/formats/tensorSource.ts', async original => {
  const sources = await original<typeof Sources>();
  const rangeOf: typeof sources.rangeOf = (file, entry) => {
    const range = sources.rangeOf(file, entry);
    return file.includes('inverted')
      ? ({ ...range, kind: 'inverted' } as unknown as Sources.RangeSource)
      : range;
  };
  return { ...sources, rangeOf };
});

const NAMES = ['base', 'code', 'math', 'chat'];
const folder = await temporaryFolder();
/** The plain models, and the inverted ones. */
const stored = {
  asIs: (name: string) => join(folder, 'models', name),
  inverted: (name: string) => join(folder, INVERTED, name),
};

beforeAll(async () => {
  const outfile = join(folder, 'worker.mjs');
  await build({
    stdin: {
      contents: "import './invertedSource.ts'; import '../../extension/engine/worker.ts';",
      resolveDir: import.meta.dirname,
    },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile },
    loader: { '.wgsl': 'text' },
  });
  worker.url = pathToFileURL(outfile);
  for (const name of NAMES) {
    await cp(fixture(`llama/${name}`), stored.asIs(name), { recursive: true });
    await cp(fixture(`llama/${name}`), stored.inverted(name), { recursive: true });
    for (const file of await readdir(stored.inverted(name))) {
      if (file.endsWith('.safetensors')) await invert(join(stored.inverted(name), file));
    }
  }
});

async function invert(file: string): Promise<void> {
  const bytes = await readFile(file);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  for (let i = begin; i < bytes.length; i++) bytes[i] = ~(bytes[i] as number);
  await writeFile(file, bytes);
}

const output = async (name: string): Promise<string> => join(await temporaryFolder(), name);

/** What `work` writes from the plain models, and from the inverted ones. */
async function both<T>(work: (pathOf: (name: string) => string) => Promise<T>): Promise<[T, T]> {
  return [await work(stored.asIs), await work(stored.inverted)];
}

const tasksOf = (pathOf: (name: string) => string) =>
  NAMES.slice(1).map(name => ({ name, path: pathOf(name) }));

test.each([
  ['tvq', { scheme: 'tvq' }],
  ['rtvq', { scheme: 'rtvq' }],
  ['fq', { scheme: 'fq', bits: 8 }],
  ['a codebook', { codec: 'hadamard', bits: 2 }],
  ['a budget', { budget: '2bpw' }],
] as const)('quantized: %s', async (_name, changes) => {
  const [asIs, inverted] = await both(async pathOf => {
    const file = await output('x.tvq');
    await quantize(recipe(file, { base: pathOf('base'), tasks: tasksOf(pathOf), ...changes }));
    return payloadsOf(file);
  });
  expect(inverted).toEqual(asIs);
});

test('restored', async () => {
  const file = await output('x.tvq');
  await quantize(recipe(file, { base: stored.asIs('base'), tasks: tasksOf(stored.asIs) }));
  const [asIs, inverted] = await both(async pathOf => {
    const made = await output('restored');
    await restore(restoreRecipe(file, 'code', made, { base: pathOf('base') }));
    return weightsOf(made);
  });
  expect(inverted).toEqual(asIs);
});

test.each(['linear', 'ties', 'slerp', 'tsv_m'])('merged: %s', async method => {
  const [asIs, inverted] = await both(async pathOf => {
    const made = await output('merged');
    const names = method === 'slerp' ? NAMES.slice(1, 3) : NAMES.slice(1);
    const inputs = names.map(name => checkpointInput(pathOf(name), name));
    await merge(mergeRecipe(made, method, inputs, { base: pathOf('base') }));
    return weightsOf(made);
  });
  expect(inverted).toEqual(asIs);
});

test('compared', async () => {
  const [asIs, inverted] = await both(pathOf =>
    engine.compareTasks({ base: pathOf('base'), tasks: tasksOf(pathOf) }, undefined, OPTIONS, hooks()),
  );
  expect(inverted).toEqual(asIs);
});

/** A file without its header, which contains the date. */
async function payloadsOf(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
}

async function weightsOf(model: string): Promise<Record<string, Buffer>> {
  const files = (await readdir(model)).filter(file => file.endsWith('.safetensors'));
  return Object.fromEntries(
    await Promise.all(files.map(async file => [basename(file), await readFile(join(model, file))] as const)),
  );
}
