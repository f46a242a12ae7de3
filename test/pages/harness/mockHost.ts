import type { TaskComparisons } from '../../../extension/protocol/comparison.ts';
import type { ExportedFile } from '../../../extension/protocol/exports.ts';
import type {
  InspectorHost,
  InspectorWork,
  OpenedTvq,
  VerifyOutcome,
} from '../../../extension/protocol/inspector.ts';
import type { Progress } from '../../../extension/protocol/results.ts';
import type { TensorColumn, TensorQuery, TensorRow } from '../../../extension/protocol/tensors.ts';
import { sampleComparisons, sampleDetail, sampleRows, sampleSummary } from './sampleFile.ts';

/** What the host does: answer, refuse the file once, never answer, fail once rows further down are requested, serve a
 * file whose names are markup, work until cancelled, or find the file damaged. */
export type Scenario = 'ready' | 'refused' | 'silent' | 'flaky' | 'hostile' | 'endless' | 'damaged';

const MARKUP = '</script><img src=x onerror="console.error(1)"><b>';

/** About what a host in another process needs for a page. */
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

/** A host over generated rows that records its calls. */
export class MockHost implements InspectorHost {
  readonly asked: TensorQuery[] = [];
  readonly exported: TensorQuery[] = [];
  readonly saved: ExportedFile[] = [];
  studioOpened = 0;
  /** Where progress of work goes. */
  onProgress: (work: InspectorWork, progress: Progress) => void = () => {};
  readonly #running = new Map<InspectorWork, () => void>();
  #verified: VerifyOutcome | undefined;
  #compared: TaskComparisons | undefined;
  readonly #rows: readonly TensorRow[];
  /** Of a tensor: a small file has small ones. */
  readonly #side: number;
  #scenario: Scenario;
  #key = '';
  #matches: readonly TensorRow[] = [];

  constructor(rows: number, scenario: Scenario) {
    this.#rows = sampleRows(rows);
    this.#side = rows < 100 ? 16 : 256;
    this.#scenario = scenario;
  }

  async open(): Promise<OpenedTvq> {
    await pause();
    if (this.#scenario === 'silent') await new Promise(() => {});
    if (this.#scenario === 'refused') {
      this.#scenario = 'ready';
      throw new Error(
        'vit-l14-8tasks.tvq: tensor "model.visual.proj" ends at byte 735,102,464, but the file has 512,000 bytes. It was probably cut off while being copied.',
      );
    }
    const summary = sampleSummary(this.#rows.length);
    const opened = { summary, studio: true, verified: this.#verified, compared: this.#compared };
    if (this.#scenario !== 'hostile') return opened;
    const tasks = summary.tasks.map(task => ({ ...task, name: MARKUP }));
    const hostile = {
      ...summary,
      file: MARKUP,
      tool: MARKUP,
      created: MARKUP,
      base: { name: MARKUP, fingerprint: MARKUP },
      recipe: { [MARKUP]: MARKUP },
      unreadable: [{ name: `later ${MARKUP}`, why: `codec "${MARKUP}"` }],
      tasks,
    };
    return { ...opened, summary: hostile };
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

  async saveFile(file: ExportedFile) {
    this.saved.push(file);
    return true;
  }

  async openStudio() {
    this.studioOpened++;
  }

  async detail(vector: string, tensor: string) {
    if (this.#scenario === 'damaged') throw new Error(`tensor "${tensor}" of "${vector}" is damaged`);
    return this.#work('detail', () => sampleDetail(vector, tensor, this.#side));
  }

  async verify() {
    const damaged =
      this.#scenario === 'damaged'
        ? ['tensor "model.visual.proj" of "cars"', 'tensor "model.visual.proj" of "dtd"']
        : [];
    const outcome = { checked: 2369, damaged, damagedCount: damaged.length };
    return this.#work('verify', () => (this.#verified = outcome));
  }

  async compare(most: number | undefined) {
    return this.#work('compare', () => {
      const found = sampleComparisons(most ?? undefined);
      const tasks =
        this.#scenario === 'hostile' ? found.tasks.map((_, at) => `${at} ${MARKUP}`) : found.tasks;
      return (this.#compared = { ...found, tasks });
    });
  }

  async cancel(work: InspectorWork) {
    this.#running.get(work)?.();
  }

  async #work<T>(work: InspectorWork, result: () => T): Promise<T | undefined> {
    const cancelled = new Promise<void>(resolve => this.#running.set(work, resolve));
    this.onProgress(work, { done: 3, total: 4, current: 'model.visual.proj' });
    await pause();
    if (this.#scenario !== 'endless') return result();
    await cancelled;
    return undefined;
  }

  #select({ search, sort, descending }: TensorQuery): readonly TensorRow[] {
    // The generated order is already by tensor; sorting a million rows would take longer than the tests.
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
