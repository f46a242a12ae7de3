/** Writes the tensor table as CSV (RFC 4180). */
import { createWriteStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Uri } from 'vscode';
import type { TvqFile } from '../../engine/tvq/reader.ts';
import { MAX_PAGE, queryTensors } from '../../engine/tvq/summary.ts';
import type { TensorQuery, TensorRow } from '../../protocol.ts';
import { announce, askWhere } from '../saveFile.ts';

const COLUMNS = ['tensor', 'vector', 'shape', 'dtype', 'codec', 'bits', 'bytes', 'error'] as const;

/** Asks for a name and writes every row that matches; does nothing when the dialog is cancelled. */
export async function exportCsv(source: Uri, file: TvqFile, query: TensorQuery): Promise<void> {
  const name = `${posix.basename(source.path, '.tvq')}.csv`;
  const target = await askWhere(source, name, 'csv');
  if (target === undefined) return;
  await pipeline(csvLines(file, query), createWriteStream(target.fsPath));
  announce(target);
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
