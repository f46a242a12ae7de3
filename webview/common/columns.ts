/** The columns of tables of tensors. */
import * as l10n from '@vscode/l10n';
import { bytesCell, nameCell, numberCell, textCell } from './cells.ts';
import { formatError, formatShape } from './format.ts';
import type { Column } from './tableHeader.ts';

interface Tensor {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly error: number | undefined;
}

/** Names: the first click sorts from A. */
const NAMES = { align: 'start', firstClick: 'ascending' } as const;
/** Numbers: the first click sorts from the largest. */
const NUMBERS = { align: 'end', firstClick: 'descending' } as const;

export const textColumn = <Row, Key extends string>(
  key: Key,
  title: string,
  text: (row: Row) => string,
): Column<Row, Key> => ({ ...NAMES, key, title, cell: () => textCell(text) });

export const numberColumn = <Row, Key extends string>(
  key: Key,
  title: string,
  text: (row: Row) => string,
): Column<Row, Key> => ({ ...NUMBERS, key, title, cell: () => numberCell(text) });

/** Columns of every table of tensors. */
export const TENSOR = {
  name: { ...NAMES, key: 'tensor', title: l10n.t('tensor'), cell: () => nameCell(({ tensor }) => tensor) },
  shape: {
    ...NUMBERS,
    key: 'shape',
    title: l10n.t('shape'),
    cell: () => textCell(({ shape }) => formatShape(shape)),
  },
  bytes: { ...NUMBERS, key: 'bytes', title: l10n.t('bytes'), cell: () => bytesCell(({ bytes }) => bytes) },
  error: {
    ...numberColumn('error', l10n.t('relative error'), ({ error }: Tensor) => formatError(error)),
    shortTitle: l10n.t('error'),
  },
} as const satisfies Record<string, Column<Tensor, 'tensor' | 'shape' | 'bytes' | 'error'>>;
