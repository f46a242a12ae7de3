/** The bench's results as Markdown tables, which are also readable in a terminal. */

/** Maximum merge methods in one table, so that it fits on a line. */
const COLUMNS = 6;

/** "80.0@0.2": accuracy in percent at the best of the grid's scales. */
export function formatTrial({ accuracy, parameters }) {
  const [at] = Object.values(parameters);
  return accuracy.toFixed(1) + (at === undefined ? '' : `@${at}`);
}

/** One table with sizes and restored tasks, then tables of merges with a few methods each. */
export function formatRows(rows, methods) {
  const tables = [
    table(
      ['', 'bits per weight', 'bytes', 'relative error', 'projection', 'individual'],
      rows.map(({ label, bitsPerWeight, bytes, relativeError, projection, individual }) => [
        label,
        bitsPerWeight.toFixed(2),
        bytes.toLocaleString('en-US'),
        relativeError.toFixed(4),
        projection.toFixed(3),
        individual.toFixed(1),
      ]),
    ),
  ];
  for (let first = 0; first < methods.length; first += COLUMNS) {
    const names = methods.slice(first, first + COLUMNS).map(({ name }) => name);
    const cells = rows.map(({ label, merges }) => [label, ...names.map(name => formatTrial(merges[name]))]);
    tables.push(table(['', ...names], cells));
  }
  return tables.join('\n\n');
}

/** A Markdown table: the first column left-aligned, numbers right-aligned. */
function table(head, rows) {
  const widths = head.map((_, c) => Math.max(...[head, ...rows].map(cells => cells[c].length)));
  const line = cells =>
    `| ${cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join(' | ')} |`;
  const rule = widths.map((width, c) => (c === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
