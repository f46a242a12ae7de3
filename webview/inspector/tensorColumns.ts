import type { TensorColumn, TensorRow } from '../../extension/protocol.ts';
import { NONE } from '../common/format.ts';
import type { Column } from '../common/tableHeader.ts';
import { TENSOR, numberColumn, textColumn } from '../common/columns.ts';

/** The columns of the tensor table. */
export const TENSOR_COLUMNS: readonly Column<TensorRow, TensorColumn>[] = [
  TENSOR.name,
  textColumn('vector', 'task', row => row.vector),
  TENSOR.shape,
  textColumn('codec', 'codec', row => row.codec),
  numberColumn('bits', 'bits', ({ bits }) => (typeof bits === 'number' ? String(bits) : NONE)),
  TENSOR.bytes,
  TENSOR.error,
];
