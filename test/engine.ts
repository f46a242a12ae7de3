/** The engine with defaults, for tests. */
import type { RangeSource } from '../extension/formats/tensorSource.ts';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hiddenKind } from '../extension/files/hiddenNames.ts';
import { openCheckpoint } from '../extension/formats/checkpoint.ts';
import type { Hooks } from '../extension/engine/engine.ts';
import { said } from '../extension/engine/cli/remedies.ts';
import { UserError } from '../extension/shared/errors.ts';
import * as engine from '../extension/engine/engine.ts';
import type {
  ExtractRecipe,
  MergeInput,
  MergeRecipe,
  QuantizeRecipe,
  RestoreRecipe,
  RunOptions,
} from '../extension/protocol/recipes.ts';
import type { QuantizeResult } from '../extension/protocol/results.ts';
import { readFileSync } from 'node:fs';
import { fixture, type MadeTensor } from './checkpoints.ts';
import { chooseDriver } from './kernels/backends.ts';

chooseDriver();

export const BACKENDS = ['cpu', 'webgpu'] as const;

/** One thread: most fixtures are too small for two. */
export const OPTIONS: RunOptions = { backend: 'cpu', memory: 2 ** 30, threads: 1 };

export const hooks = (): Hooks => ({ signal: new AbortController().signal, onProgress: () => undefined });

export const LLAMA_TASKS = ['code', 'math', 'chat'].map(name => ({ name, path: fixture(`llama/${name}`) }));

/** A recipe for the llama fixture, with changes. */
export const recipe = (output: string, changes: Partial<QuantizeRecipe> = {}): QuantizeRecipe => ({
  kind: 'quantize',
  base: fixture('llama/base'),
  tasks: LLAMA_TASKS,
  output,
  scheme: 'tvq',
  bits: 3,
  baseBits: 3,
  keepRule: 'vectors',
  keep: [],
  overwrite: false,
  ...changes,
});

/** Errors in the command's wording. */
const asCommand = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    if (error instanceof UserError) error.message = error.lines.map(said).join('\n');
    throw error;
  });

export const quantize = (asked: QuantizeRecipe, options: Partial<RunOptions> = {}): Promise<QuantizeResult> =>
  asCommand(engine.quantize(asked, { ...OPTIONS, ...options }, hooks()));

export const restoreRecipe = (
  source: string,
  task: string,
  output: string,
  changes: Partial<RestoreRecipe> = {},
): RestoreRecipe => ({
  kind: 'restore',
  source,
  base: fixture('llama/base'),
  task,
  output,
  dtype: undefined,
  overwrite: false,
  force: false,
  allowNonfinite: false,
  ...changes,
});

export const restore = (asked: RestoreRecipe, options: Partial<RunOptions> = {}) =>
  asCommand(engine.restore(asked, { ...OPTIONS, ...options }, hooks()));

/** An adapter of the llama fixture, with changes. */
export const extractRecipe = (
  source: string,
  output: string,
  changes: Partial<ExtractRecipe> = {},
): ExtractRecipe => ({
  kind: 'extract',
  source,
  task: undefined,
  base: fixture('llama/base'),
  output,
  rank: undefined,
  energy: undefined,
  size: undefined,
  dtype: undefined,
  include: [],
  exclude: [],
  overwrite: false,
  ...changes,
});

export const extract = (asked: ExtractRecipe, options: Partial<RunOptions> = {}) =>
  asCommand(engine.extractLora(asked, { ...OPTIONS, ...options }, hooks()));

/** A merge of checkpoints and tasks, with changes. */
export const mergeRecipe = (
  output: string,
  method: string,
  inputs: readonly MergeInput[],
  changes: Partial<MergeRecipe> = {},
): MergeRecipe => ({
  kind: 'merge',
  base: undefined,
  inputs,
  method,
  parameters: {},
  inputParameters: [],
  lines: undefined,
  output,
  dtype: undefined,
  onMismatch: 'error',
  shardBytes: 5e9,
  overwrite: false,
  resume: false,
  allowNonfinite: false,
  text: undefined,
  compare: [],
  ...changes,
});

export const merge = (asked: MergeRecipe, options: Partial<RunOptions> = {}) =>
  asCommand(engine.merge(asked, { ...OPTIONS, ...options }, hooks()));

export const checkpointInput = (path: string, name = path): MergeInput => ({ name, path, task: undefined });

export const verify = (file: string) => engine.verify(file, hooks());

/** Raw bytes of a checkpoint's tensors. */
export async function tensorsOf(path: string): Promise<Map<string, MadeTensor>> {
  const { tensors } = await openCheckpoint(path);
  const contents = new Map<string, Buffer>();
  return new Map(
    [...tensors].map(([name, source]) => {
      const { dtype, shape, file, offset, bytes } = source as RangeSource;
      const content = contents.get(file) ?? readFileSync(file);
      contents.set(file, content);
      const data = new Uint8Array(content.subarray(offset, offset + bytes));
      return [name, { dtype, shape, data }];
    }),
  );
}

/** Values of F32 or BF16 bytes. */
export function valuesOf({ dtype, data }: { dtype: string; data: Uint8Array }): Float32Array {
  const bytes = data.slice();
  if (dtype === 'F32') return new Float32Array(bytes.buffer);
  if (dtype !== 'BF16') throw new Error(`no values of ${dtype}`);
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes.buffer), half => half << 16).buffer);
}

/** Other names beside an output: nothing may be left behind. */
export const leftovers = async (output: string): Promise<string[]> =>
  (await readdir(dirname(output))).filter(name => hiddenKind(name) !== undefined);
