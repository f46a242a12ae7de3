import type { Progress } from '../protocol.ts';

/** How a caller follows and stops a job. */
export interface Hooks {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}
