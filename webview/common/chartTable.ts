import { csv } from '../../extension/shared/csv.ts';
import type { ExportedFile } from '../../extension/protocol/exports.ts';
import { el } from './dom.ts';

/** The data of a chart as a table, the first column naming the rows. */
export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The data of a chart as an HTML table. */
export function chartTable(table: ChartTable, caption: string): HTMLTableElement {
  const head = el('tr', {}, ...table.columns.map(text => el('th', { text, attributes: { scope: 'col' } })));
  const body = table.rows.map(([name = '', ...values]) => {
    const first = el('th', { class: 'truncate', text: name, attributes: { scope: 'row' } });
    return el('tr', {}, first, ...values.map(text => el('td', { text })));
  });
  return el(
    'table',
    { class: 'plain-table' },
    el('caption', { class: 'visually-hidden', text: caption }),
    el('thead', {}, head),
    el('tbody', {}, ...body),
  );
}

export const tableCsv = ({ columns, rows }: ChartTable): string => csv([columns, ...rows]);

/** A table as a file to save. */
export const tableFile = (name: string, table: ChartTable): ExportedFile => ({
  name: `${name}.csv`,
  kind: 'csv',
  data: tableCsv(table),
});
