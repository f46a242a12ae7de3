import type { MatrixOf } from './taskMatrix.ts';

/** What a page remembers of how it compares tasks. */
export interface CompareState {
  readonly matrixOf: MatrixOf;
  /** The two tasks that are compared; empty: the first two. */
  readonly firstTask: string;
  readonly secondTask: string;
}

export const INITIAL_COMPARE_STATE: CompareState = { matrixOf: 'cosines', firstTask: '', secondTask: '' };
