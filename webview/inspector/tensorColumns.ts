import * as l10n from '@vscode/l10n';
import type { TensorColumn, TensorRow } from '../../extension/protocol.ts';
import { NONE } from '../common/format.ts';
import type { Column } from '../common/tableHeader.ts';
import { TENSOR, numberColumn, textColumn } from '../common/columns.ts';

/** The columns of the tensor table. */
export const TENSOR_COLUMNS: readonly Column<TensorRow, TensorColumn>[] = [
  TENSOR.name,
  textColumn('vector', l10n.t('task'), row => row.vector),
  TENSOR.shape,
  textColumn('codec', l10n.t('codec'), row => row.codec),
  numberColumn('bits', l10n.t('bits'), ({ bits }) => (typeof bits === 'number' ? String(bits) : NONE)),
  TENSOR.bytes,
  TENSOR.error,
];
