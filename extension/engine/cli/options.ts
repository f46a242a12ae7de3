import { dirname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { NamedPath, NameRule, RunOptions } from '../../protocol/recipes.ts';
import { UserError } from '../../shared/errors.ts';
import { DEFAULT_MEMORY } from '../../protocol/recipeSchemas.ts';
import { parseBytes, parseNameRule, parseNumber, parseTask, parseWhole } from './parse.ts';
import type { CommonOptions } from './terminal.ts';

/** Runs a command's action with a signal that Ctrl-C aborts; a returned number is the exit status. */
export type Run = (action: (signal: AbortSignal) => Promise<number | void>) => Promise<void>;

/** Adds a command with the options common to all commands. */
export const command = (program: Command, nameAndArguments: string, summary: string): Command =>
  program
    .command(nameAndArguments)
    .description(summary)
    .option('--json', 'print one JSON object')
    .option('--quiet', 'print no progress and no warnings')
    .option('--verbose', 'print stack traces');

/** Options of commands that compute. */
export interface EngineOptions extends CommonOptions, Omit<RunOptions, 'cache'> {}

export const withEngine = (added: Command): Command =>
  added
    .addOption(
      new Option('--backend <name>', 'where to compute').choices(['auto', 'cpu', 'webgpu']).default('auto'),
    )
    .addOption(
      new Option('--memory <size>', 'memory to stay under')
        .argParser(parseBytes)
        .default(DEFAULT_MEMORY, '1GiB'),
    )
    .addOption(
      new Option('--threads <n>', 'CPU threads; 0: one per core').argParser(parseWhole(0, 1024)).default(0),
    );

/** Options that name checkpoints of one base model. */
export interface CheckpointOptions extends NameOptions {
  readonly base?: string;
  readonly task?: readonly NamedPath[];
}

/** What is said about names of tensors. */
export interface NameOptions {
  readonly map?: readonly NameRule[];
}

export const withNames = (added: Command): Command =>
  added.option(
    '--map <regex=replacement>',
    "rename the fine-tuned models' tensors to match the base's: $1 is the first group; repeat for more",
    parseNameRule,
  );

export const withCheckpoints = (added: Command): Command =>
  withNames(
    added
      .option('--base <path>', 'base model: a file of weights or a folder')
      .option('--task <name=path>', 'fine-tuned checkpoint; repeat for more', parseTask),
  );

/** Options of commands that measure what a budget buys. */
export interface MeasureOptions extends EngineOptions {
  readonly prune?: number;
  /** undefined: in the usual place; false: no cache. */
  readonly cache?: string | false;
}

export const withMeasuring = (added: Command): Command =>
  withEngine(added)
    .option(
      '--prune <share>',
      'set this part of each tensor, the weights of smallest magnitude, to zero first: 0 to below 1 (tvq)',
      parseNumber,
    )
    .option('--cache <folder>', `where measurements are kept for other budgets (${CACHE}, beside the output)`)
    .option('--no-cache', 'neither keep nor use measurements');

const CACHE = '.tvq-cache';

/** @param output the output beside which measurements are kept */
export const measuringOptions = (options: MeasureOptions, output: string): RunOptions => ({
  ...runOptions(options),
  cache: options.cache === false ? undefined : (options.cache ?? join(dirname(resolve(output)), CACHE)),
});

/** @throws UserError when one of them is missing */
export function checkpointsOf({ base, task, map }: CheckpointOptions): {
  base: string;
  tasks: readonly NamedPath[];
  map: readonly NameRule[] | undefined;
} {
  if (!base) throw new UserError('name the base model with --base PATH', 'usage');
  if (!task) throw new UserError('name the fine-tuned checkpoints with --task NAME=PATH', 'usage');
  return { base, tasks: task, map };
}

export const runOptions = ({ backend, memory, threads }: EngineOptions): RunOptions => ({
  backend,
  memory,
  threads,
});
