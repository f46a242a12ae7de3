import type { Command } from './command.ts';

export const refreshCheckpoints: Command = {
  id: 'tvq.refreshCheckpoints',
  needsTrust: false,
  run: ({ checkpoints }) => checkpoints.refresh(),
};
