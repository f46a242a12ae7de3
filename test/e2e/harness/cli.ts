/** The command line, to make files with and to compare the editor's view with. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { TvqSummary } from '../../../extension/protocol/tvq.ts';

const TVQ = join(import.meta.dirname, '../../../dist/tvq.mjs');

/** Runs `tvq ARGS…` and returns what it printed. */
export function tvq(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TVQ, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tvq ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** `tvq inspect FILE --json`. */
export function inspect(file: string): TvqSummary {
  return JSON.parse(tvq('inspect', file, '--json')) as TvqSummary;
}
