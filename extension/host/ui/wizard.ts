/** Several inputs in a row, with step counts and a way back. */

/** How a step ended. */
export type Turn = 'next' | 'back' | 'cancel';

/** The position of a step in its sequence. */
export interface Position {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  /** Whether there is something to go back to. */
  readonly canGoBack: boolean;
}

/**
 * Shows one input and keeps its answer itself. A step reached `forward` that already has its answer may pass without
 * asking; when the user goes back to it, it must ask.
 */
export type Step = (at: Position, forward: boolean) => Promise<Turn>;

/**
 * Runs `steps` from number `start`; steps before it are already answered, but the user can go back to them. Resolves
 * with whether the last step was completed.
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

/** The order of the steps guarantees an answer; a bug there should be reported, not turned into a job. */
export function required<T>(answer: T | undefined): T {
  if (answer === undefined) throw new Error('an earlier step has no answer');
  return answer;
}
