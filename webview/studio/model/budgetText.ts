/** Budgets as the field shows them while the dot is dragged. */
import { NoBudget, type Budget, type BudgetScale } from '../../../extension/shared/allocation/index.ts';
import { splitBytes } from '../../common/format.ts';

/** Four digits: finer than a drag, and short enough to read. */
const DIGITS = 4;

/** Bits per weight of a file of this many bytes: of its codes if the budget counts only those, else of all of it. */
export const bitsPerWeight = (
  kind: Budget['kind'],
  bytes: number,
  { weights, fixedBytes }: BudgetScale,
): number => (8 * (kind === 'codes' ? bytes - fixedBytes : bytes)) / weights;

/** A budget as the field shows it, and what `parseBudget` returns for it. */
export interface WrittenBudget {
  readonly text: string;
  readonly budget: Budget;
}

/** The budget of a file of this many bytes, in the unit of `kind`. @throws NoBudget if it would be 0 or less */
export function writtenBudget(
  kind: Budget['kind'],
  bytes: number,
  error: number,
  scale: BudgetScale,
): WrittenBudget {
  const { unit } = splitBytes(bytes);
  const factor = 1000 ** ['B', 'kB', 'MB', 'GB', 'TB', 'PB'].indexOf(unit);
  const written = (digits: string, text: string, budget: (value: number) => Budget): WrittenBudget => {
    if (kind !== 'error' && !(Number(digits) > 0)) throw new NoBudget(text);
    return { text, budget: budget(Number(digits)) };
  };
  const bits = decimal(bitsPerWeight(kind, bytes, scale));
  const share = decimal((100 * bytes) / scale.fp32Bytes);
  const size = factor === 1 ? String(Math.round(bytes)) : decimal(bytes / factor);
  switch (kind) {
    case 'bytes':
      return written(size, size + unit, value => ({ kind, bytes: Math.round(value * factor) }));
    case 'bitsPerWeight':
      return written(bits, `${bits}bpw`, value => ({ kind, bits: value }));
    case 'codes':
      return written(bits, `codes=${bits}bpw`, value => ({ kind, bits: value }));
    case 'percent':
      return written(share, `${share}%`, percent => ({ kind, percent }));
    case 'error':
      return written(decimal(error), `error=${decimal(error)}`, relative => ({ kind, relative }));
  }
}

/** Without an exponent, which budgets do not have. */
function decimal(value: number): string {
  const digits = DIGITS - 1 - Math.floor(Math.log10(value));
  return Number.isFinite(digits) ? value.toFixed(Math.min(Math.max(digits, 0), 20)) : '0';
}
