/** Registers the commands. */
import { commands } from 'vscode';
import { Disposable } from '../disposable.ts';
import { checkTrust, showError } from '../errors.ts';
import type { Services } from '../services.ts';
import { COMMANDS } from './table.ts';

export class Commands extends Disposable {
  constructor(services: Services) {
    super();
    for (const command of COMMANDS) {
      const handler = async (...args: unknown[]) => {
        try {
          if (command.needsTrust && !(await checkTrust())) return;
          const { run } = await command.load();
          await run(services, ...args);
        } catch (error) {
          await showError(services.log, error);
        }
      };
      this._register(commands.registerCommand(`tvq.${command.name}`, handler));
    }
  }
}
