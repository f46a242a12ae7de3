/** Writes the tensor table as CSV (RFC 4180). */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Uri } from 'vscode';
import { l10n, window } from 'vscode';
import type { TvqFile } from '../../engine/tvq/reader.ts';
import { MAX_PAGE, queryTensors } from '../../engine/tvq/summary.ts';
import type { TensorQuery, TensorRow } from '../../protocol.ts';
import { reveal } from '../reveal.ts';

const COLUMNS = ['tensor', 'vector', 'shape', 'dtype', 'codec', 'bits', 'bytes', 'error'] as const;

/** Asks for a name and writes every row that matches; does nothing when the dialog is cancelled. */
export async function exportCsv(source: Uri, file: TvqFile, query: TensorQuery): Promise<void> {
  const target = await window.showSaveDialog({
    defaultUri: source.with({ path: source.path.replace(/\.tvq$/, '') + '.csv' }),
    filters: { CSV: ['csv'] },
  });
  if (target === undefined) return;
  await pipeline(csvLines(file, query), createWriteStream(target.fsPath));
  const show = l10n.t('Reveal');
  void window.showInformationMessage(l10n.t('Wrote {0}', target.fsPath), show).then(pressed => {
    if (pressed === show) void reveal(target.fsPath);
  });
}

function* csvLines(file: TvqFile, query: TensorQuery): Generator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for (let first = 0; ;) {
    const page = queryTensors(file, { ...query, first, count: MAX_PAGE });
    for (const row of page.rows) yield `${COLUMNS.map(column => cell(row[column])).join(',')}\r\n`;
    first += page.rows.length;
    if (page.rows.length === 0 || first >= page.total) return;
  }
}

function cell(value: TensorRow[(typeof COLUMNS)[number]]): string {
  const text = Array.isArray(value) ? value.join('×') : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
