/** Connects the inspector's page to what answers it. */
import { createBirpc } from 'birpc';
import type { Webview } from 'vscode';
import type { InspectorHost, InspectorPage, InspectorWork } from '../../protocol.ts';
import { Disposable } from '../disposable.ts';
import { messageOf } from '../errors.ts';
import type { Services } from '../services.ts';
import { inspectorHost } from './inspectorHost.ts';
import { PageWork } from './pageWork.ts';
import type { TvqDocument } from './tvqDocument.ts';

/** Serves `webview` from `document` until it is disposed. */
export function connectPage(webview: Webview, document: TvqDocument, services: Services): Disposable {
  return new PageConnection(webview, document, services);
}

class PageConnection extends Disposable {
  constructor(webview: Webview, document: TvqDocument, services: Services) {
    super();
    const { log } = services;
    const work = this._register(new PageWork<InspectorWork>());
    const host: InspectorHost = inspectorHost(document, services, work, () => page);
    const page = createBirpc<InspectorPage, InspectorHost>(host, {
      post: message => void webview.postMessage(plainError(message)),
      on: receive => void this._register(webview.onDidReceiveMessage(receive)),
      eventNames: ['reload', 'progress'],
      // A page that is gone answers nothing; a save dialog may stay open for long.
      timeout: -1,
      onFunctionError: (error, name) => log.error(`${document.uri.fsPath}: ${name}: ${messageOf(error)}`),
      onGeneralError: error => {
        log.error(error);
        return true;
      },
    });
    this._register(document.onDidChange(() => void page.reload()));
    this._register({ dispose: () => page.$close() });
  }
}

/** Messages travel as JSON, where an Error would become an empty object. */
function plainError(message: unknown): unknown {
  const { e } = message as { e?: unknown };
  return e instanceof Error ? { ...(message as object), e: { name: e.name, message: e.message } } : message;
}
