/** Connects to a page: calls on the result run in the page, calls from the page run on `host`. */
import { createBirpc, type BirpcReturn } from 'birpc';
import type { Webview } from 'vscode';
import type { Calls } from '../protocol/calls.ts';
import { Disposable } from './disposable.ts';
import { messageOf, showError } from './errors.ts';
import type { Log } from './log.ts';
import { guarded } from './pageCalls.ts';
import { settingIn } from './settingChecks.ts';

export interface PageOptions<Page, Host> {
  /** Checks of the page's requests. */
  readonly calls: Calls<Host>;
  /** Calls on the page that nobody waits for. */
  readonly events: readonly (keyof Page & string)[];
  /** Names the page in the log. */
  readonly name: string;
  readonly log: Log;
}

export class PageConnection<Page extends object, Host extends object> extends Disposable {
  readonly page: BirpcReturn<Page, Host>;

  constructor(webview: Webview, host: Host, { calls, events, name, log }: PageOptions<Page, Host>) {
    super();
    this.page = createBirpc<Page, Host>(guarded(host, calls), {
      post: message => void webview.postMessage(plainError(message)),
      on: receive => void this._register(webview.onDidReceiveMessage(receive)),
      eventNames: [...events],
      // A page that is gone never answers; a save dialog may stay open for a long time.
      timeout: -1,
      onFunctionError: (error, method) => {
        log.error(`${name}: ${method}: ${messageOf(error)}`);
        // The page says what is wrong, but only a notification has a button that opens the setting.
        if (settingIn(messageOf(error)) !== undefined) void showError(log, error);
      },
      onGeneralError: error => {
        log.error(error);
        return true;
      },
    });
    this._register({ dispose: () => this.page.$close() });
  }
}

/** Messages travel as JSON, where an Error would become an empty object. */
function plainError(message: unknown): unknown {
  const { e } = message as { e?: unknown };
  return e instanceof Error ? { ...(message as object), e: { name: e.name, message: e.message } } : message;
}
