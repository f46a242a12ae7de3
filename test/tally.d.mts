export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** By the reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export const TALLY: string;
export function closingLines(counts: Counts): string[];
