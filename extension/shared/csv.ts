import { printable } from './printable.ts';

type Cell = string | number | undefined;

/**
 * Rows as CSV (RFC 4180), the first one naming the columns. Spreadsheets evaluate text that begins like a formula, and
 * such a name could start programs: an apostrophe in front makes it text. Numbers and percentages are unchanged.
 */
export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map(row => `${row.map(quoted).join(',')}\r\n`).join('');

/** The last four are wide forms that spreadsheets treat like the first four. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?( ?%)?$/i;

function quoted(cell: Cell): string {
  const text = typeof cell === 'string' ? asText(cell) : String(cell ?? '');
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** On one line, as a line break in a name would look like another row. */
function asText(cell: string): string {
  const text = printable(cell);
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}
