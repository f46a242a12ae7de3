/** What the command prints: results to stdout, everything else to stderr. */
import { Cancelled, UserError } from '../errors.ts';
import type { Progress } from '../../protocol.ts';

export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The one JSON object, or the text of a result. */
export function printResult(options: CommonOptions, result: unknown, text: () => string): void {
  process.stdout.write(`${options.json ? JSON.stringify(result, null, 2) : text()}\n`);
}

/** Columns padded to their widest cell; numbers are right-aligned by the caller's `right` list. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
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
  if (!options.quiet) for (const message of messages) process.stderr.write(`warning: ${message}\n`);
}

/** A progress line that rewrites itself on a terminal and stays away elsewhere. */
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
      const line = `${String(percent).padStart(3)} %  ${current}`;
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    },
    clear() {
      if (shown) process.stderr.write('\r\x1b[K');
    },
  };
}

/** Prints an error and gives the exit status that goes with it. */
export function reportError(error: unknown, verbose: boolean): number {
  if (error instanceof Cancelled) {
    process.stderr.write('cancelled; nothing was written\n');
    return 130;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `${message
      .split('\n')
      .map(line => `tvq: ${line}`)
      .join('\n')}\n`,
  );
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return error instanceof UserError && error.kind === 'usage' ? 2 : 1;
}
