/** Answers the inspector's page. What a page asks for is checked: it is less trusted than the host. */
import { createBirpc } from 'birpc';
import type { LogOutputChannel, Webview } from 'vscode';
import { queryTensors, summarizeTvq } from '../../engine/tvq/summary.ts';
import type { InspectorHost, InspectorPage } from '../../protocol.ts';
import { Disposable } from '../disposable.ts';
import { messageOf } from '../errors.ts';
import { exportCsv } from './csv.ts';
import { checkQuery } from './tensorQuery.ts';
import type { TvqDocument } from './tvqDocument.ts';

/** Serves `webview` from `document` until it is disposed. */
export function connectPage(webview: Webview, document: TvqDocument, log: LogOutputChannel): Disposable {
  return new PageConnection(webview, document, log);
}

class PageConnection extends Disposable {
  constructor(webview: Webview, document: TvqDocument, log: LogOutputChannel) {
    super();
    const host: InspectorHost = {
      open: async () => summarizeTvq(await document.open()),
      tensors: async query => queryTensors(await document.open(), checkQuery(query)),
      exportCsv: async query => exportCsv(document.uri, await document.open(), checkQuery(query)),
    };
    const page = createBirpc<InspectorPage, InspectorHost>(host, {
      post: message => void webview.postMessage(plainError(message)),
      on: receive => void this._register(webview.onDidReceiveMessage(receive)),
      eventNames: ['reload'],
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
