import type { Run } from './command.ts';

export const refreshCheckpoints: Run = ({ checkpoints }) => checkpoints.refresh();
