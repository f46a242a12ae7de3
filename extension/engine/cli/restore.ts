import { Option, type Command } from 'commander';
import { restore } from '../engine.ts';
import { UserError } from '../../shared/errors.ts';
import { formatBytes, formatSeconds } from '../../shared/format.ts';
import { parseRestoreRecipe } from '../../protocol/recipeSchemas.ts';
import { DTYPE_CHOICES } from './dtypeOption.ts';
import { command, runOptions, withEngine, type EngineOptions, type Run } from './options.ts';
import { RESTORE_OPTIONS } from './recipeOptions.ts';
import { statusOf } from './status.ts';
import { printResult, progressLine, table, warn } from './terminal.ts';

interface RestoreOptions extends EngineOptions {
  readonly base?: string;
  readonly task?: string;
  readonly output?: string;
  readonly dtype?: string;
  readonly overwrite?: boolean;
  readonly force?: boolean;
  readonly allowNonfinite?: boolean;
}

export function addRestore(program: Command, run: Run): void {
  withEngine(command(program, 'restore <file.tvq>', 'restore one fine-tuned checkpoint from a .tvq file'))
    .option('--base <path>', 'base model the file was made from (not needed for fq)')
    .option('--task <name>', 'task to restore')
    .option('-o, --output <path>', 'folder, or .safetensors or .gguf file, to write')
    .addOption(
      new Option('--dtype <name>', "type to write (default: the fine-tuned checkpoint's dtype)").choices(
        DTYPE_CHOICES,
      ),
    )
    .option('--overwrite', 'replace an existing output')
    .option('--force', 'apply to a base model that differs from the one the file was made from')
    .option('--allow-nonfinite', 'write NaN and infinity where they occur, and count them')
    .action((source: string, options: RestoreOptions) => run(signal => act(source, options, signal)));
}

async function act(source: string, options: RestoreOptions, signal: AbortSignal): Promise<number> {
  if (!options.task) throw new UserError('name the task to restore with --task NAME', 'usage');
  if (!options.output) throw new UserError('name the folder or file to write with -o PATH', 'usage');
  const recipe = parseRestoreRecipe(
    {
      kind: 'restore',
      source,
      base: options.base,
      task: options.task,
      output: options.output,
      dtype: options.dtype?.toUpperCase(),
      overwrite: options.overwrite ?? false,
      force: options.force ?? false,
      allowNonfinite: options.allowNonfinite ?? false,
    },
    RESTORE_OPTIONS,
  );
  const line = progressLine(options);
  const result = await restore(recipe, runOptions(options), { signal, onProgress: line.update }).finally(
    line.clear,
  );
  warn(options, result.warnings);
  printResult(options, result, () =>
    table([
      ['wrote', result.output],
      ['size', `${formatBytes(result.bytes)}, ${result.tensors} tensors`],
      ['time', formatSeconds(result.seconds)],
      ['backend', result.backendReason],
    ]),
  );
  return statusOf(recipe, result);
}
