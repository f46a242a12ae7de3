/** The bench's results as Markdown tables, which are also readable in a terminal. */

/** Maximum merge methods in one table, so that it fits on a line. */
const COLUMNS = 6;

/** "80.0@0.2": the suite's number at the best of the grid's scales. */
export function formatTrial({ value, parameters }, { digits }) {
  const [at] = Object.values(parameters);
  return value.toFixed(digits) + (at === undefined ? '' : `@${at}`);
}

/** Tables with sizes, restored tasks and the metrics of each, then tables of merges with a few methods each. */
export function formatRows(rows, methods, metric) {
  const tables = [
    table(
      ['', 'bits per weight', 'bytes', 'relative error', 'projection', 'drift', `individual: ${metric.name}`],
      rows.map(({ label, bitsPerWeight, bytes, relativeError, projection, drift, individual }) => [
        label,
        bitsPerWeight.toFixed(2),
        bytes.toLocaleString('en-US'),
        relativeError.toFixed(4),
        projection.toFixed(3),
        drift.toFixed(4),
        individual.toFixed(metric.digits),
      ]),
    ),
    metricsTable(rows, metric),
  ];
  for (let first = 0; first < methods.length; first += COLUMNS) {
    const names = methods.slice(first, first + COLUMNS).map(({ name }) => name);
    const cells = rows.map(({ label, merges }) => [
      label,
      ...names.map(name => formatTrial(merges[name], metric)),
    ]);
    tables.push(table(['', ...names], cells));
  }
  return tables.join('\n\n');
}

/** What each task's own checkpoint reaches. */
function metricsTable(rows, { digits }) {
  const columns = Object.entries(rows[0].metrics).flatMap(([task, metrics]) =>
    Object.keys(metrics).map(name => ({ task, name, head: `${task}: ${name}` })),
  );
  const cells = rows.map(({ label, metrics }) => [
    label,
    ...columns.map(({ task, name }) => metrics[task][name].toFixed(digits)),
  ]);
  return table(['', ...columns.map(({ head }) => head)], cells);
}

/** A Markdown table: the first column left-aligned, numbers right-aligned. */
function table(head, rows) {
  const widths = head.map((_, c) => Math.max(...[head, ...rows].map(cells => cells[c].length)));
  const line = cells =>
    `| ${cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join(' | ')} |`;
  const rule = widths.map((width, c) => (c === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
