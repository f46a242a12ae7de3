export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** By reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** What the reporter writes. */
export interface Tally extends Counts {
  /** Files that were run, relative to the working directory. */
  readonly files: readonly string[];
  readonly slowest: readonly Timed[];
}

export interface Timed {
  readonly name: string;
  readonly ms: number;
}

export const TALLY: string;
export function closingLines(counts: Counts): string[];
export function slowestLines(slowest: readonly Timed[]): string[];
