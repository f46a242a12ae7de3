/** Checks what came from a page. */
import { MAX_PAGE } from '../../formats/tvq/summary.ts';
import type { InspectorWork } from '../../protocol/inspector.ts';
import type { TensorColumn, TensorQuery } from '../../protocol/tensors.ts';

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

/** Longer than any name that a .tvq file may have. */
const MAX_NAME = 1024;
const WORK: readonly InspectorWork[] = ['detail', 'verify', 'compare'];

/** A tensor's or vector's name. */
export function checkName(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_NAME) throw refused('name');
  return value;
}

/** How many tensors to compare tasks by; JSON has null for undefined. */
export function checkMost(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isCount(value) || value === 0) throw refused('most');
  return value;
}

export function checkWork(value: unknown): InspectorWork {
  const known = WORK.find(candidate => candidate === value);
  if (known === undefined) throw refused('work');
  return known;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function refused(field: string): Error {
  return new Error(`The query's "${field}" is not valid.`);
}
