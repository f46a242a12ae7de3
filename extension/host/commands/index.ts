/** The table of commands. */
import { commands } from 'vscode';
import { Disposable } from '../disposable.ts';
import { checkTrust, showError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Command } from './command.ts';

const COMMANDS: readonly Command[] = [
  { id: 'tvq.quantize', needsTrust: true, load: async () => (await import('./quantize.ts')).quantize },
  { id: 'tvq.openStudio', needsTrust: true, load: async () => (await import('./openStudio.ts')).openStudio },
  { id: 'tvq.merge', needsTrust: true, load: async () => (await import('./merge.ts')).merge },
  { id: 'tvq.restore', needsTrust: true, load: async () => (await import('./restore.ts')).restore },
  { id: 'tvq.verify', needsTrust: true, load: async () => (await import('./verify.ts')).verify },
  {
    id: 'tvq.openInspector',
    needsTrust: false,
    load: async () => (await import('./openInspector.ts')).openInspector,
  },
  {
    id: 'tvq.refreshCheckpoints',
    needsTrust: false,
    load: async () => (await import('./refreshCheckpoints.ts')).refreshCheckpoints,
  },
  { id: 'tvq.showLog', needsTrust: false, load: async () => (await import('./showLog.ts')).showLog },
];

export class Commands extends Disposable {
  constructor(services: Services) {
    super();
    for (const command of COMMANDS) {
      const handler = async (...args: unknown[]) => {
        try {
          if (command.needsTrust && !(await checkTrust())) return;
          const run = await command.load();
          await run(services, ...args);
        } catch (error) {
          await showError(services.log, error);
        }
      };
      this._register(commands.registerCommand(command.id, handler));
    }
  }
}
