import { NONE, formatBitsPerWeight } from '../../common/format.ts';
import type { Column } from '../../common/tableHeader.ts';
import { TENSOR, numberColumn, textColumn } from '../../common/columns.ts';
import { describeWish } from '../model/rules.ts';
import type { SlotColumn, SlotRow } from '../model/slotRows.ts';

const wishText = ({ wish }: SlotRow): string => {
  const text = describeWish(wish);
  return text === 'auto' ? NONE : text;
};

const bitsText = ({ bits }: SlotRow): string => (bits === undefined ? 'exact' : formatBitsPerWeight(bits));

/** The columns of the table of tensors. */
export const SLOT_COLUMNS: readonly Column<SlotRow, SlotColumn>[] = [
  TENSOR.name,
  textColumn('task', 'task', row => row.task),
  TENSOR.shape,
  { ...numberColumn('wish', 'wish', wishText), align: 'start' },
  numberColumn('bits', 'bits', bitsText),
  TENSOR.bytes,
  TENSOR.error,
  numberColumn('sensitivity', 'sensitivity', row => row.sensitivity.toFixed(2)),
];
