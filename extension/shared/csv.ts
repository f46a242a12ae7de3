import { printable } from './printable.ts';

type Cell = string | number | undefined;

/**
 * Rows as CSV (RFC 4180), the first one naming the columns. Spreadsheets compute what begins like a formula, and such a
 * name can start programs there: an apostrophe before it makes it text. Numbers and percentages stay what they are.
 */
export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map(row => `${row.map(quoted).join(',')}\r\n`).join('');

/** The second four are the wide forms that spreadsheets take for the first. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?( ?%)?$/i;

function quoted(cell: Cell): string {
  const text = typeof cell === 'string' ? asText(cell) : String(cell ?? '');
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** On one line, as everywhere: a line break in a name would look like another row. */
function asText(cell: string): string {
  const text = printable(cell);
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}
