/**
 * What the command prints: results to stdout, everything else to stderr. Names come from files, so cells and lines are
 * made printable here; only the layout adds line breaks.
 */
import type { Command } from 'commander';
import { printable, printableJson, printableLines } from '../../shared/printable.ts';
import { Cancelled, described, linesOf, UserError } from '../../shared/errors.ts';
import type { Problem, Progress } from '../../protocol/results.ts';
import { said } from './remedies.ts';

export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Prints a result as one JSON object, or as text made with `table` and `lines`. */
export function printResult(options: CommonOptions, result: unknown, text: () => string): void {
  process.stdout.write(`${options.json ? printableJson(result, 2) : printableLines(text())}\n`);
}

/** Each text on its own line. */
export const lines = (texts: readonly string[]): string => texts.map(printable).join('\n');

/** Columns padded to their widest cell; numbers are right-aligned by the caller's `right` list. */
export function table(cells: readonly (readonly string[])[], right: readonly number[] = []): string {
  const rows = cells.map(row => row.map(printable));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length))) ?? [];
  return rows
    .map(row =>
      row
        .map((cell, i) =>
          right.includes(i) ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function warn(options: CommonOptions, messages: readonly string[]): void {
  if (!options.quiet)
    for (const message of messages) process.stderr.write(`warning: ${printable(message)}\n`);
}

/** A plan with its problems put into words. */
export const wordedPlan = <Plan extends { readonly problems: readonly Problem[] }>(plan: Plan): Plan => ({
  ...plan,
  problems: plan.problems.map(problem => ({ severity: problem.severity, message: said(problem) })),
});

/** A progress line that rewrites itself on a terminal and prints nothing elsewhere. */
export function progressLine(options: CommonOptions): {
  readonly update: (progress: Progress) => void;
  readonly clear: () => void;
} {
  const shown = process.stderr.isTTY && !options.quiet;
  let last = 0;
  return {
    update({ done, total, current }) {
      const now = Date.now();
      if (!shown || (now - last < 100 && done < total)) return;
      last = now;
      const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
      const line = `${String(percent).padStart(3)} %  ${printable(current)}`;
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    },
    clear() {
      if (shown) process.stderr.write('\r\x1b[K');
    },
  };
}

/** Prints an error and returns its exit status. */
export function reportError(thrown: unknown, verbose: boolean): number {
  const error = described(thrown);
  if (error instanceof Cancelled) {
    const kept = error.kept.length > 0 ? error.kept.map(said) : ['no output was written'];
    process.stderr.write(kept.map(line => `cancelled; ${printable(line)}\n`).join(''));
    return 130;
  }
  const lines = printableLines(linesOf(error).map(said).join('\n')).split('\n');
  process.stderr.write(lines.map(line => `tvq: ${line}\n`).join(''));
  if (verbose && error instanceof Error) process.stderr.write(`${printableLines(error.stack ?? '')}\n`);
  return error instanceof UserError && error.kind === 'usage' ? 2 : 1;
}

/** The command-line parser's own messages repeat the user's words, including file names. */
export const printableUsage = (program: Command): Command =>
  program.configureOutput({ outputError: (text, write) => write(printableLines(text)) });

/** Ends quietly when the reader of stdout is gone (`| head`); prints one line when it cannot be written. */
export function watchStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`tvq: the output could not be written: ${printable(error.message)}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => undefined); // there is nowhere left to report it
}
