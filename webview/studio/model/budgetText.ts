/** Budgets as the field shows them while the dot is dragged. */
import type { BudgetScale, Budget } from '../../../extension/shared/allocation/index.ts';
import { splitBytes } from '../../common/format.ts';

/** Four digits: finer than a drag, and short enough to read. */
const DIGITS = 4;

/** Bits per weight of a file of so many bytes: of its codes alone where the budget is of these, else of all of it. */
export const bitsPerWeight = (
  kind: Budget['kind'],
  bytes: number,
  { weights, fixedBytes }: BudgetScale,
): number => (8 * (kind === 'codes' ? bytes - fixedBytes : bytes)) / weights;

/** The budget of a file of so many bytes, in the unit of `kind`. */
export function budgetText(kind: Budget['kind'], bytes: number, error: number, scale: BudgetScale): string {
  switch (kind) {
    case 'bytes':
      return sizeText(bytes);
    case 'bitsPerWeight':
      return `${decimal(bitsPerWeight(kind, bytes, scale))}bpw`;
    case 'codes':
      return `codes=${decimal(bitsPerWeight(kind, bytes, scale))}bpw`;
    case 'percent':
      return `${decimal((100 * bytes) / scale.fp32Bytes)}%`;
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
