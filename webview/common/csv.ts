/** Rows as CSV (RFC 4180), the first one naming the columns. */
export const csv = (rows: readonly (readonly (string | number | undefined)[])[]): string =>
  rows.map(row => `${row.map(cell).join(',')}\r\n`).join('');

function cell(value: string | number | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
