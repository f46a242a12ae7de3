/** Several inputs in a row, with step counts and a way back. */

/** How a step ended. */
export type Turn = 'next' | 'back' | 'cancel';

/** Where a step stands in its row. */
export interface Position {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  /** Whether there is something to go back to. */
  readonly canGoBack: boolean;
}

/**
 * Shows one input and keeps its answer itself. A step that is reached `forward` and has its answer already may pass
 * without asking; one that is gone back to must ask.
 */
export type Step = (at: Position, forward: boolean) => Promise<Turn>;

/**
 * Runs `steps` from number `start` on; what is answered already is skipped at first, but can be gone back to.
 * Resolves with whether the last step was passed.
 */
export async function runWizard(title: string, steps: readonly Step[], start = 0): Promise<boolean> {
  let forward = true;
  for (let index = start; ;) {
    const step = steps[index];
    if (step === undefined) return true;
    const at = { title, step: index + 1, totalSteps: steps.length, canGoBack: index > 0 };
    const turn = await step(at, forward);
    if (turn === 'cancel') return false;
    forward = turn === 'next';
    index += forward ? 1 : -1;
  }
}
