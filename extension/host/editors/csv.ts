/** Writes the tensor table as CSV. */
import { createWriteStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { workspace, type Uri } from 'vscode';
import type { TvqFile } from '../../formats/tvq/reader.ts';
import { TVQ } from '../../formats/tvq/names.ts';
import { MAX_PAGE, queryTensors } from '../../formats/tvq/summary.ts';
import type { TensorQuery, TensorRow } from '../../protocol/tensors.ts';
import { csv } from '../../shared/csv.ts';
import { announce, askWhere } from '../saveFile.ts';

const COLUMNS = ['tensor', 'vector', 'shape', 'dtype', 'codec', 'bits', 'bytes', 'error'] as const;

/** Asks for a file name and writes every row that matches; does nothing when the dialog is cancelled. */
export async function exportCsv(source: Uri, file: TvqFile, query: TensorQuery): Promise<void> {
  const name = `${posix.basename(source.path, TVQ)}.csv`;
  const target = await askWhere(source, name, 'csv');
  if (target === undefined) return;
  if (target.scheme === 'file') await pipeline(csvLines(file, query), createWriteStream(target.fsPath));
  else await workspace.fs.writeFile(target, Buffer.from([...csvLines(file, query)].join('')));
  announce(target);
}

function* csvLines(file: TvqFile, query: TensorQuery): Generator<string> {
  yield csv([COLUMNS]);
  for (let first = 0; ;) {
    const page = queryTensors(file, { ...query, first, count: MAX_PAGE });
    yield csv(page.rows.map(row => COLUMNS.map(column => cell(row[column]))));
    first += page.rows.length;
    if (page.rows.length === 0 || first >= page.total) return;
  }
}

const cell = (value: TensorRow[(typeof COLUMNS)[number]]) =>
  typeof value === 'object' ? value.join('×') : value;
