/** What every command is. */
import type { Services } from '../services.ts';

/** What a command does. `args` come from menus and other extensions: unchecked. */
export type Run = (services: Services, ...args: unknown[]) => Promise<void> | void;

export interface Command {
  /** Its id is `tvq.` and this. */
  readonly name: string;
  /** In the palette and in menus; English. */
  readonly title: string;
  /** A codicon, for buttons. */
  readonly icon?: string;
  readonly needsTrust: boolean;
  /** Its file, with everything it imports, is loaded on the first run. */
  load(): Promise<{ readonly run: Run }>;
}
