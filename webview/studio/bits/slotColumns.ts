import { bytesCell, nameCell, numberCell, textCell } from '../../common/cells.ts';
import { NONE, formatBitsPerWeight, formatError, formatShape } from '../../common/format.ts';
import type { Column } from '../../common/tableHeader.ts';
import { describeWish } from '../model/rules.ts';
import type { SlotColumn, SlotRow } from '../model/slotRows.ts';

const wishText = ({ wish }: SlotRow): string => {
  const text = describeWish(wish);
  return text === 'auto' ? NONE : text;
};

/** The columns of the table of tensors. */
export const SLOT_COLUMNS: readonly Column<SlotRow, SlotColumn>[] = [
  {
    key: 'tensor',
    title: 'tensor',
    align: 'start',
    firstClick: 'ascending',
    cell: () => nameCell(row => row.tensor),
  },
  {
    key: 'task',
    title: 'task',
    align: 'start',
    firstClick: 'ascending',
    cell: () => textCell(row => row.task),
  },
  {
    key: 'shape',
    title: 'shape',
    align: 'end',
    firstClick: 'descending',
    cell: () => textCell(row => formatShape(row.shape)),
  },
  {
    key: 'wish',
    title: 'wish',
    align: 'start',
    firstClick: 'descending',
    cell: () => numberCell(wishText),
  },
  {
    key: 'bits',
    title: 'bits',
    align: 'end',
    firstClick: 'descending',
    cell: () => numberCell(({ bits }) => (bits === undefined ? 'exact' : formatBitsPerWeight(bits))),
  },
  {
    key: 'bytes',
    title: 'bytes',
    align: 'end',
    firstClick: 'descending',
    cell: () => bytesCell(row => row.bytes),
  },
  {
    key: 'error',
    title: 'relative error',
    shortTitle: 'error',
    align: 'end',
    firstClick: 'descending',
    cell: () => numberCell(row => formatError(row.error)),
  },
  {
    key: 'sensitivity',
    title: 'sensitivity',
    align: 'end',
    firstClick: 'descending',
    cell: () => numberCell(row => row.sensitivity.toFixed(2)),
  },
];
