import type { InspectorHost, TensorColumn, TensorQuery, TensorRow } from '../../../../extension/protocol.ts';
import { sampleRows, sampleSummary } from './sampleFile.ts';

/** What the host does: answer, refuse the file once, never answer, fail once rows further down are asked for, or
 * serve a file whose names are markup. */
export type Scenario = 'ready' | 'refused' | 'silent' | 'flaky' | 'hostile';

const MARKUP = '</script><img src=x onerror="console.error(1)"><b>';

/** About what a host in another process takes for a page. */
const DELAY_MS = 20;
const MAX_PAGE = 500;

const pause = () => new Promise(resolve => setTimeout(resolve, DELAY_MS));

const sortKey = (row: TensorRow, column: TensorColumn): string | number =>
  column === 'shape'
    ? row.shape.reduce((product, size) => product * size, 1)
    : column === 'error' || column === 'bits'
      ? (row[column] ?? -1)
      : row[column];

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

/** A host over generated rows that records what it was asked. */
export class MockHost implements InspectorHost {
  readonly asked: TensorQuery[] = [];
  readonly exported: TensorQuery[] = [];
  readonly #rows: readonly TensorRow[];
  #scenario: Scenario;
  #key = '';
  #matches: readonly TensorRow[] = [];

  constructor(rows: number, scenario: Scenario) {
    this.#rows = sampleRows(rows);
    this.#scenario = scenario;
  }

  async open() {
    await pause();
    if (this.#scenario === 'silent') await new Promise(() => {});
    if (this.#scenario === 'refused') {
      this.#scenario = 'ready';
      throw new Error(
        'vit-l14-8tasks.tvq: tensor "model.visual.proj" ends at byte 735,102,464, but the file has 512,000 bytes. It was probably cut off while being copied.',
      );
    }
    const summary = sampleSummary(this.#rows.length);
    if (this.#scenario !== 'hostile') return summary;
    const tasks = summary.tasks.map(task => ({ ...task, name: MARKUP }));
    return {
      ...summary,
      file: MARKUP,
      tool: MARKUP,
      created: MARKUP,
      base: { name: MARKUP, fingerprint: MARKUP },
      tasks,
    };
  }

  async tensors(query: TensorQuery) {
    this.asked.push(query);
    await pause();
    if (this.#scenario === 'flaky' && query.first > 0) {
      this.#scenario = 'ready';
      throw new Error('The file is being replaced.');
    }
    const matches = this.#select(query);
    const hostile = this.#scenario === 'hostile';
    const rows = matches.slice(query.first, query.first + Math.min(query.count, MAX_PAGE));
    const named = hostile
      ? rows.map(row => ({ ...row, tensor: MARKUP, vector: MARKUP, codec: MARKUP }))
      : rows;
    return { total: matches.length, first: query.first, rows: named };
  }

  async exportCsv(query: TensorQuery) {
    this.exported.push(query);
  }

  #select({ search, sort, descending }: TensorQuery): readonly TensorRow[] {
    // The generated order is by tensor already; sorting a million rows would take longer than the tests.
    if (search === '' && sort === 'tensor' && !descending) return this.#rows;
    const key = JSON.stringify([search, sort, descending]);
    if (key === this.#key) return this.#matches;
    const words = search.toLowerCase().split(/\s+/);
    const found = this.#rows.filter(row =>
      words.every(word => `${row.tensor} ${row.vector}`.toLowerCase().includes(word)),
    );
    const sign = descending ? -1 : 1;
    this.#matches = found.sort((a, b) => sign * compare(sortKey(a, sort), sortKey(b, sort)));
    this.#key = key;
    return this.#matches;
  }
}
