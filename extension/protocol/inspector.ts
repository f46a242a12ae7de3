/** What the page of a .tvq file and the host ask of each other (birpc over postMessage). */
import * as z from 'zod';
import type { Calls } from './calls.ts';
import { most, type TaskComparisons } from './comparison.ts';
import { EXPORT_CALLS, type ExportHost } from './exports.ts';
import type { Progress } from './results.ts';
import { tensorName, tensorQuery, type TensorDetail, type TensorPage, type TensorQuery } from './tensors.ts';
import type { TvqSummary } from './tvq.ts';

/** A file as it is shown, and what can be done with it here. */
export interface OpenedTvq {
  readonly summary: TvqSummary;
  /** Whether the Studio is there to take the file. */
  readonly studio: boolean;
  /** What was found before, as long as the file stays as it is. */
  readonly verified: VerifyOutcome | undefined;
  readonly compared: TaskComparisons | undefined;
}

/** What verifying a file found. */
export interface VerifyOutcome {
  /** Payloads checked. */
  readonly checked: number;
  /** A line for each damaged part, the first hundred; none: the file is whole. */
  readonly damaged: readonly string[];
  readonly damagedCount: number;
}

const work = z.enum(['detail', 'verify', 'compare']);
/** Work that a page starts, follows and stops. */
export type InspectorWork = z.output<typeof work>;

/** What the inspector's page asks of the host (birpc over postMessage). Work that is cancelled resolves to undefined. */
export interface InspectorHost extends ExportHost {
  /** Called once the page listens; the answer is the initial state. Rejects with a readable message. */
  open(): Promise<OpenedTvq>;
  tensors(query: TensorQuery): Promise<TensorPage>;
  /** Writes every matching row as CSV through a save dialog. */
  exportCsv(query: TensorQuery): Promise<void>;
  /** A second call ends the first. */
  detail(vector: string, tensor: string): Promise<TensorDetail | undefined>;
  verify(): Promise<VerifyOutcome | undefined>;
  /** Kept as long as the file stays as it is. */
  compare(most: number | undefined): Promise<TaskComparisons | undefined>;
  cancel(work: InspectorWork): Promise<void>;
  /** Opens the Studio with this file's base, tasks and settings. */
  openStudio(): Promise<void>;
}

export const INSPECTOR_CALLS: Calls<InspectorHost> = {
  ...EXPORT_CALLS,
  open: [],
  tensors: [tensorQuery],
  exportCsv: [tensorQuery],
  detail: [tensorName, tensorName],
  verify: [],
  compare: [most],
  cancel: [work],
  openStudio: [],
};

/** What the host tells the inspector's page. */
export interface InspectorPage {
  /** The file changed on disk: ask again. */
  reload(): void;
  progress(work: InspectorWork, progress: Progress): void;
}
