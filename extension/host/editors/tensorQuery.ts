/** Checks a query that came from a page. */
import { MAX_PAGE } from '../../engine/tvq/summary.ts';
import type { TensorColumn, TensorQuery } from '../../protocol.ts';

/** Longer than any tensor name worth typing; the search compares every row with every word. */
const MAX_SEARCH = 1000;
const COLUMNS: readonly TensorColumn[] = ['tensor', 'vector', 'shape', 'codec', 'bits', 'bytes', 'error'];

/** Returns the query with only known fields, or throws naming the one that is wrong. */
export function checkQuery(value: unknown): TensorQuery {
  if (typeof value !== 'object' || value === null) throw new Error('The query is not an object.');
  const { search, sort, descending, first, count } = value as Partial<Record<keyof TensorQuery, unknown>>;
  if (typeof search !== 'string' || search.length > MAX_SEARCH) throw refused('search');
  if (typeof descending !== 'boolean') throw refused('descending');
  const column = COLUMNS.find(known => known === sort);
  if (column === undefined) throw refused('sort');
  if (!isCount(first)) throw refused('first');
  if (!isCount(count)) throw refused('count');
  return { search, sort: column, descending, first, count: Math.min(count, MAX_PAGE) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function refused(field: string): Error {
  return new Error(`The query's "${field}" is not valid.`);
}
