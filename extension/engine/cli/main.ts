import { Command, CommanderError } from 'commander';
import { version } from '../../shared/version.ts';
import { addDevices } from './devices.ts';
import { addExtractLora } from './extractLora.ts';
import { addInspect } from './inspect.ts';
import { addMerge } from './merge.ts';
import type { Run } from './options.ts';
import { addAnalyze } from './analyze.ts';
import { addQuantize } from './quantize.ts';
import { addRestore } from './restore.ts';
import { printableUsage, reportError } from './terminal.ts';
import { addVerify } from './verify.ts';

/** Runs the command line. @returns the exit status: 0 done, 1 failed, 2 wrong usage, 130 cancelled */
export async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  let status = 0;
  const run: Run = async action => {
    status = (await action(signal)) ?? 0;
  };
  const program = printableUsage(new Command('tvq'))
    .description('Quantize task vectors, merge models, and restore them.')
    .version(version)
    .exitOverride();
  const commands = [
    ...[addQuantize, addAnalyze, addMerge, addRestore, addExtractLora],
    ...[addInspect, addVerify, addDevices],
  ];
  for (const add of commands) add(program, run);
  for (const added of program.commands) added.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its message
    return reportError(error, args.includes('--verbose'));
  }
}
