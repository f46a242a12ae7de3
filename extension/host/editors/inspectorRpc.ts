/** Answers the inspector's page. */
import type { LogOutputChannel, Webview } from 'vscode';
import { queryTensors, summarizeTvq } from '../../engine/tvq/summary.ts';
import type { InspectorHost, InspectorPage } from '../../protocol.ts';
import { Disposable } from '../disposable.ts';
import { PageConnection } from '../pageRpc.ts';
import { exportCsv } from './csv.ts';
import { checkQuery } from './tensorQuery.ts';
import type { TvqDocument } from './tvqDocument.ts';

/** Serves `webview` from `document` until it is disposed. */
export function connectPage(webview: Webview, document: TvqDocument, log: LogOutputChannel): Disposable {
  return new InspectorConnection(webview, document, log);
}

class InspectorConnection extends Disposable {
  constructor(webview: Webview, document: TvqDocument, log: LogOutputChannel) {
    super();
    const host: InspectorHost = {
      open: async () => summarizeTvq(await document.open()),
      tensors: async query => queryTensors(await document.open(), checkQuery(query)),
      exportCsv: async query => exportCsv(document.uri, await document.open(), checkQuery(query)),
    };
    const name = document.uri.fsPath;
    const { page } = this._register(
      new PageConnection<InspectorPage, InspectorHost>(webview, host, { events: ['reload'], name, log }),
    );
    this._register(document.onDidChange(() => void page.reload()));
  }
}
