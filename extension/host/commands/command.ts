/** What every command is. */
import type { Services } from '../services.ts';

export interface Command {
  readonly id: string;
  /** It reads or writes what the workspace names, so it is off in Restricted Mode. */
  readonly needsTrust: boolean;
  /** `args` come from menus and other extensions: unchecked. */
  run(services: Services, ...args: unknown[]): Promise<void> | void;
}
