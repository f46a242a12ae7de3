import type { Progress } from '../../protocol/results.ts';

/** How a caller follows and stops a job. */
export interface Hooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Told at once what is in the result's warnings later, where there is a log. */
  readonly onNotice?: (message: string) => void;
  /** Whether what is finished stays when the job is cancelled or fails: where the caller can ask for `resume`. */
  readonly keepFinished?: boolean;
}
