import type { Progress } from '../../protocol/results.ts';

/** How a caller follows and stops a job. */
export interface Hooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Called at once with what the result's warnings contain later, if there is a log. */
  readonly onNotice?: (message: string) => void;
  /** Whether finished parts are kept when the job is cancelled or fails: if the caller can request `resume`. */
  readonly keepFinished?: boolean;
}
