import type { Run } from './command.ts';

export const run: Run = ({ log }) => log.show();
