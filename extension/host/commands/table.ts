/** The table of commands. What package.json says of them follows: `UPDATE_DOCS=1 npm run test:unit` writes it. */
import type { Command } from './command.ts';

/** Off in Restricted Mode: they read or write what the workspace names. */
const trusted: readonly Omit<Command, 'needsTrust'>[] = [
  { name: 'quantize', title: 'Quantize Task Vectors', icon: 'fold', load: () => import('./quantize.ts') },
  { name: 'openStudio', title: 'Open Studio', icon: 'graph-line', load: () => import('./openStudio.ts') },
  { name: 'merge', title: 'Merge Models…', icon: 'git-merge', load: () => import('./merge.ts') },
  { name: 'restore', title: 'Restore Checkpoint', icon: 'unfold', load: () => import('./restore.ts') },
  { name: 'verify', title: 'Verify Checksums', icon: 'verified', load: () => import('./verify.ts') },
];

const always: readonly Omit<Command, 'needsTrust'>[] = [
  { name: 'openInspector', title: 'Open in Inspector', load: () => import('./openInspector.ts') },
  {
    name: 'refreshCheckpoints',
    title: 'Refresh Checkpoints',
    icon: 'refresh',
    load: () => import('./refreshCheckpoints.ts'),
  },
  { name: 'showLog', title: 'Show Log', load: () => import('./showLog.ts') },
];

export const COMMANDS: readonly Command[] = [
  ...trusted.map(command => ({ ...command, needsTrust: true })),
  ...always.map(command => ({ ...command, needsTrust: false })),
];
