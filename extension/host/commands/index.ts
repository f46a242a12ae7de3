/** The table of commands. */
import { commands } from 'vscode';
import { Disposable } from '../disposable.ts';
import { checkTrust, showError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Command } from './command.ts';
import { merge } from './merge.ts';
import { openInspector } from './openInspector.ts';
import { openStudio } from './openStudio.ts';
import { quantize } from './quantize.ts';
import { refreshCheckpoints } from './refreshCheckpoints.ts';
import { restore } from './restore.ts';
import { showLog } from './showLog.ts';
import { verify } from './verify.ts';

const COMMANDS: readonly Command[] = [
  quantize,
  openStudio,
  merge,
  restore,
  verify,
  openInspector,
  refreshCheckpoints,
  showLog,
];

export class Commands extends Disposable {
  constructor(services: Services) {
    super();
    for (const command of COMMANDS) {
      const handler = async (...args: unknown[]) => {
        try {
          if (command.needsTrust && !(await checkTrust())) return;
          await command.run(services, ...args);
        } catch (error) {
          await showError(services.log, error);
        }
      };
      this._register(commands.registerCommand(command.id, handler));
    }
  }
}
