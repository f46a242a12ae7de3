/** Warnings about written values that are NaN or infinite, or had to be changed. */
import { listed } from '../../shared/listed.ts';
import type { ItemReport } from '../scheduler/item.ts';
import { NONE, warningOf } from './notNumbers.ts';
import type { NotNumbers } from '../../../kernels/stages/encode/stage.ts';

/** What an item reports about values that it wrote. */
export interface WriteReport extends ItemReport {
  readonly findings?: {
    /** Values that are NaN or infinite. */
    readonly written?: NotNumbers;
    /** Variances below 0 that were written as 0. */
    readonly raised?: number;
  };
}

/** One line per problem, however many tensors it affects. @param reports by item */
export function outputWarnings(
  items: readonly { readonly tensor: string }[],
  reports: readonly WriteReport[],
): string[] {
  const found = items.map(({ tensor }, i) => ({ tensor, findings: reports[i]?.findings }));
  const written = warningOf(
    found.map(({ tensor, findings }) => ({ tensor, found: findings?.written ?? NONE })),
  );
  const raised = found.filter(({ findings }) => (findings?.raised ?? 0) > 0).map(({ tensor }) => tensor);
  const lines = written === undefined ? [] : [written];
  if (raised.length === 0) return lines;
  const what = `variances below 0, of damaged or quantized statistics, were written as 0: ${listed(raised)}`;
  return [...lines, what];
}
