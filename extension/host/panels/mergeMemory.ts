/** Remembers the merges made in the Studio, in the workspace's storage, so that they survive a reload. */
import type { Memento } from 'vscode';
import type { StudioMetric } from '../../protocol/merge.ts';
import { withTime, type MergeTime, type MergeTimes } from '../merge/mergeTimes.ts';

/** A finished merge; its numbers are in its report, on disk. */
export interface MergeRecord {
  readonly base: string;
  readonly source: string | undefined;
  readonly output: string;
  /** Path of merge-report.json; undefined if no weights were written. */
  readonly report: string | undefined;
  readonly bytes: number;
  readonly seconds: number;
  readonly metrics: readonly StudioMetric[];
}

const MERGES = 'tvq.studio.merges';
const TIMES = 'tvq.studio.mergeTimes';
/** Maximum number kept; the oldest are dropped. */
const MOST = 40;

export class MergeMemory {
  constructor(private readonly storage: Pick<Memento, 'get' | 'update'>) {}

  /** Oldest first. */
  merges(): readonly MergeRecord[] {
    return this.storage.get<readonly MergeRecord[]>(MERGES, []);
  }

  times(): MergeTimes {
    return this.storage.get<MergeTimes>(TIMES, {});
  }

  async add(merge: MergeRecord): Promise<void> {
    await this.write([...this.without(merge.output), merge].slice(-MOST));
  }

  async forget(output: string): Promise<void> {
    await this.write(this.without(output));
  }

  async setMetrics(output: string, metrics: readonly StudioMetric[]): Promise<void> {
    await this.write(this.merges().map(merge => (merge.output === output ? { ...merge, metrics } : merge)));
  }

  async learn(method: string, time: MergeTime): Promise<void> {
    await this.storage.update(TIMES, withTime(this.times(), method, time));
  }

  private without(output: string): MergeRecord[] {
    return this.merges().filter(merge => merge.output !== output);
  }

  private async write(merges: readonly MergeRecord[]): Promise<void> {
    await this.storage.update(MERGES, merges);
  }
}
