import * as l10n from '@vscode/l10n';
import { NONE, formatBitsPerWeight } from '../../common/format.ts';
import type { Column } from '../../common/tableHeader.ts';
import { TENSOR, numberColumn, textColumn } from '../../common/columns.ts';
import { describeWish } from '../model/rules.ts';
import type { SlotColumn, SlotRow } from '../model/slotRows.ts';

const wishText = ({ wish }: SlotRow): string => describeWish(wish) ?? NONE;

const bitsText = ({ bits }: SlotRow): string =>
  bits === undefined ? l10n.t('exact') : formatBitsPerWeight(bits);

/** The columns of the table of tensors. */
export const SLOT_COLUMNS: readonly Column<SlotRow, SlotColumn>[] = [
  TENSOR.name,
  textColumn('task', l10n.t('task'), row => row.task),
  TENSOR.shape,
  { ...numberColumn('wish', l10n.t('wish'), wishText), align: 'start' },
  numberColumn('bits', l10n.t('bits'), bitsText),
  TENSOR.bytes,
  TENSOR.error,
  numberColumn('sensitivity', l10n.t('sensitivity'), row => row.sensitivity.toFixed(2)),
];
