/** Summaries as discovery makes them, and methods as the engine offers them. */
import type { CheckpointSummary } from '../../../extension/protocol/checkpoints.ts';
import type { MergeMethodInfo } from '../../../extension/protocol/recipes.ts';
import type { TvqSummary } from '../../../extension/protocol/tvq.ts';
import { translatable } from '../../../extension/shared/translatable.ts';
import { checkpointSource, taskSources, type MergeSource } from '../../../extension/host/merge/sources.ts';

export const model = (path: string, architecture = 'llama'): CheckpointSummary => ({
  kind: 'checkpoint',
  name: path.split('/').at(-1) ?? '',
  path,
  files: [`${path}/model.safetensors`],
  format: 'safetensors',
  bytes: 100,
  parameters: architecture.length,
  dtypes: [],
  tensors: 1,
  architecture,
  model: undefined,
  notes: [],
  adapter: undefined,
});

export const checkpoint = (path: string, architecture?: string): MergeSource =>
  checkpointSource(model(path, architecture));

export const tasks = (file: string, names: readonly string[], base = 'base'): MergeSource[] =>
  taskSources({
    file,
    parameters: 'llama'.length,
    base: { name: base, fingerprint: '' },
    tasks: names.map(name => ({
      name,
      fingerprint: '',
      checkpoint: name,
      bytes: 1,
      bits: 4,
      relativeError: 0,
    })),
  } as unknown as TvqSummary);

export const method = (name: string, more: Partial<MergeMethodInfo> = {}): MergeMethodInfo => ({
  name,
  title: name.toUpperCase(),
  family: 'vectors',
  meaning: translatable(''),
  variant: '',
  parameters: [],
  base: 'required',
  minimumInputs: 1,
  maximumInputs: undefined,
  ...more,
});
