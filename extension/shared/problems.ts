/** What is wrong with a plan: an error prevents its run, a warning does not. */
import type { Problem } from '../protocol/results.ts';
import type { Remedy } from './remedies.ts';

export const error = (message: string, remedy?: Remedy): Problem => ({ severity: 'error', message, remedy });
export const warning = (message: string): Problem => ({ severity: 'warning', message });
