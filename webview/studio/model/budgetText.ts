/** Budgets as the field shows them while the dot is dragged. */
import type { BudgetScale } from '../../../extension/shared/allocation/index.ts';
import type { Budget } from '../../../extension/shared/allocation/index.ts';
import { splitBytes } from '../../common/format.ts';

/** Four digits: finer than a drag, and short enough to read. */
const DIGITS = 4;

/** The budget of a file of so many bytes, in the unit of `kind`. */
export function budgetText(
  kind: Budget['kind'],
  bytes: number,
  error: number,
  { weights, fp32Bytes, fixedBytes }: BudgetScale,
): string {
  switch (kind) {
    case 'bytes':
      return sizeText(bytes);
    case 'bitsPerWeight':
      return `${decimal((8 * bytes) / weights)}bpw`;
    case 'codes':
      return `codes=${decimal((8 * (bytes - fixedBytes)) / weights)}bpw`;
    case 'percent':
      return `${decimal((100 * bytes) / fp32Bytes)}%`;
    case 'error':
      return `error=${decimal(error)}`;
  }
}

function sizeText(bytes: number): string {
  const { unit } = splitBytes(bytes);
  const power = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'].indexOf(unit);
  return `${power === 0 ? Math.round(bytes) : decimal(bytes / 1000 ** power)}${unit}`;
}

/** Without an exponent, which budgets do not have. */
function decimal(value: number): string {
  const digits = DIGITS - 1 - Math.floor(Math.log10(value));
  return Number.isFinite(digits) ? value.toFixed(Math.min(Math.max(digits, 0), 20)) : '0';
}
