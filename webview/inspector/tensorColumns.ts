import * as l10n from '@vscode/l10n';
import type { TensorColumn, TensorRow } from '../../extension/protocol/tensors.ts';
import { formatBitsPerWeight, NONE } from '../common/format.ts';
import type { Column } from '../common/tableHeader.ts';
import { TENSOR, numberColumn, textColumn } from '../common/columns.ts';

/** "4" where every code has that width, "1.40" where it is the mean over codes of any width, or of factors. */
export const bitsText = ({ codec, bits }: Pick<TensorRow, 'codec' | 'bits'>): string => {
  if (typeof bits !== 'number') return NONE;
  return ['entropy', 'factors'].includes(codec) ? formatBitsPerWeight(bits) : String(bits);
};

/** The columns of the tensor table. */
export const TENSOR_COLUMNS: readonly Column<TensorRow, TensorColumn>[] = [
  TENSOR.name,
  textColumn('vector', l10n.t('task'), row => row.vector),
  TENSOR.shape,
  textColumn('codec', l10n.t('codec'), row => row.codec),
  numberColumn('bits', l10n.t('bits'), bitsText),
  TENSOR.bytes,
  TENSOR.error,
];
