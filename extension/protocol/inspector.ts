/** Calls between the page of a .tvq file and the host (birpc over postMessage). */
import * as z from 'zod';
import type { Calls } from './calls.ts';
import { most, type TaskComparisons } from './comparison.ts';
import { EXPORT_CALLS, type ExportHost } from './exports.ts';
import type { Progress } from './results.ts';
import { tensorName, tensorQuery, type TensorDetail, type TensorPage, type TensorQuery } from './tensors.ts';
import type { TvqSummary } from './tvq.ts';

/** A file as shown, and what can be done with it here. */
export interface OpenedTvq {
  readonly summary: TvqSummary;
  /** Whether there is a Studio to open the file in. */
  readonly studio: boolean;
  /** What was found before, as long as the file does not change. */
  readonly verified: VerifyOutcome | undefined;
  readonly compared: TaskComparisons | undefined;
}

/** What verifying a file found. */
export interface VerifyOutcome {
  /** Payloads checked. */
  readonly checked: number;
  /** One line for each damaged part, up to a hundred; none: the file is intact. */
  readonly damaged: readonly string[];
  readonly damagedCount: number;
}

const work = z.enum(['detail', 'verify', 'compare']);
/** Work that a page starts, follows and stops. */
export type InspectorWork = z.output<typeof work>;

/** The inspector page's calls to the host (birpc over postMessage). Cancelled work resolves to undefined. */
export interface InspectorHost extends ExportHost {
  /** Called once the page listens; the answer is the initial state. Rejects with a readable message. */
  open(): Promise<OpenedTvq>;
  tensors(query: TensorQuery): Promise<TensorPage>;
  /** Writes every matching row as CSV through a save dialog. */
  exportCsv(query: TensorQuery): Promise<void>;
  /** A second call cancels the first. */
  detail(vector: string, tensor: string): Promise<TensorDetail | undefined>;
  verify(): Promise<VerifyOutcome | undefined>;
  /** Kept as long as the file does not change. */
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

/** The host's calls to the inspector's page. */
export interface InspectorPage {
  /** The file changed on disk: ask again. */
  reload(): void;
  progress(work: InspectorWork, progress: Progress): void;
}
