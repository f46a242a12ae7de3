import type { Run } from './command.ts';

export const showLog: Run = ({ log }) => log.show();
