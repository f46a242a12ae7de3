/** The table of commands. What package.json says of them follows: `UPDATE_DOCS=1 npm run test:unit` writes it. */
import type { Command } from './command.ts';

export const COMMANDS: readonly Command[] = [
  {
    id: 'tvq.quantize',
    title: 'Quantize Task Vectors',
    icon: 'fold',
    needsTrust: true,
    load: async () => (await import('./quantize.ts')).quantize,
  },
  {
    id: 'tvq.openStudio',
    title: 'Open Studio',
    icon: 'graph-line',
    needsTrust: true,
    load: async () => (await import('./openStudio.ts')).openStudio,
  },
  {
    id: 'tvq.merge',
    title: 'Merge Models…',
    icon: 'git-merge',
    needsTrust: true,
    load: async () => (await import('./merge.ts')).merge,
  },
  {
    id: 'tvq.restore',
    title: 'Restore Checkpoint',
    icon: 'unfold',
    needsTrust: true,
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    id: 'tvq.verify',
    title: 'Verify Checksums',
    icon: 'verified',
    needsTrust: true,
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    id: 'tvq.openInspector',
    title: 'Open in Inspector',
    needsTrust: false,
    load: async () => (await import('./openInspector.ts')).openInspector,
  },
  {
    id: 'tvq.refreshCheckpoints',
    title: 'Refresh Checkpoints',
    icon: 'refresh',
    needsTrust: false,
    load: async () => (await import('./refreshCheckpoints.ts')).refreshCheckpoints,
  },
  {
    id: 'tvq.showLog',
    title: 'Show Log',
    needsTrust: false,
    load: async () => (await import('./showLog.ts')).showLog,
  },
];
