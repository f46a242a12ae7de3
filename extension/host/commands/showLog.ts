import type { Command } from './command.ts';

export const showLog: Command = {
  id: 'tvq.showLog',
  needsTrust: false,
  run: ({ log }) => log.show(),
};
