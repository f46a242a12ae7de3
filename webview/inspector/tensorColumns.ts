import type { TensorColumn, TensorRow } from '../../extension/protocol.ts';
import { bytesCell, nameCell, numberCell, textCell } from '../common/cells.ts';
import { NONE, formatError, formatShape } from '../common/format.ts';
import type { Column } from '../common/tableHeader.ts';

/** The columns of the tensor table. */
export const TENSOR_COLUMNS: readonly Column<TensorRow, TensorColumn>[] = [
  {
    key: 'tensor',
    title: 'tensor',
    align: 'start',
    firstClick: 'ascending',
    cell: () => nameCell(row => row.tensor),
  },
  {
    key: 'vector',
    title: 'task',
    align: 'start',
    firstClick: 'ascending',
    cell: () => textCell(row => row.vector),
  },
  {
    key: 'shape',
    title: 'shape',
    align: 'end',
    firstClick: 'descending',
    cell: () => textCell(row => formatShape(row.shape)),
  },
  {
    key: 'codec',
    title: 'codec',
    align: 'start',
    firstClick: 'ascending',
    cell: () => textCell(row => row.codec),
  },
  {
    key: 'bits',
    title: 'bits',
    align: 'end',
    firstClick: 'descending',
    cell: () => numberCell(row => (typeof row.bits === 'number' ? String(row.bits) : NONE)),
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
];
