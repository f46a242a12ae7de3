import type { Run } from './command.ts';

export const run: Run = ({ checkpoints }) => checkpoints.refresh();
