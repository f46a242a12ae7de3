/** Command-line options for a recipe's keys, so that messages name the option that was typed. */
import type { KeyNames } from '../../protocol/recipeSchemas.ts';

const COMMON: KeyNames = { base: '--base', output: '-o', prune: '--prune', dtype: '--dtype', map: '--map' };

export const QUANTIZE_OPTIONS: KeyNames = {
  ...COMMON,
  tasks: '--task',
  keep: '--keep',
  budget: '--budget',
  'weights.patterns': '--tensor-weight',
  'weights.tensors': '--weights-file',
  'rules.bits': '--pin',
  'rules.min': '--floor',
  'rules.max': '--ceiling',
  rules: '--pin, --floor, --ceiling:',
};

export const RESTORE_OPTIONS: KeyNames = { ...COMMON, source: 'the .tvq file', task: '--task' };

export const EXTRACT_OPTIONS: KeyNames = {
  ...COMMON,
  source: 'the model or .tvq file',
  task: '--task',
  rank: '--rank',
  energy: '--energy',
  size: '--size',
  include: '--include',
  exclude: '--exclude',
};

export const MERGE_OPTIONS: KeyNames = {
  ...COMMON,
  inputs: '--task',
  compare: '--compare',
  method: '--method',
  parameters: '--param',
  inputParameters: '--weight',
  lines: '--lines',
  shardBytes: '--shard-size',
};
