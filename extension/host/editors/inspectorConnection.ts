/** Connects the inspector's page to its host. */
import type { Webview } from 'vscode';
import {
  INSPECTOR_CALLS,
  type InspectorHost,
  type InspectorPage,
  type InspectorWork,
} from '../../protocol/inspector.ts';
import { Disposable } from '../disposable.ts';
import { PageConnection } from '../pageRpc.ts';
import type { Services } from '../services.ts';
import { inspectorHost } from './inspectorHost.ts';
import { PageWork } from './pageWork.ts';
import type { TvqDocument } from './tvqDocument.ts';

/** Serves `webview` from `document` until it is disposed. */
export class InspectorConnection extends Disposable {
  constructor(webview: Webview, document: TvqDocument, services: Services) {
    super();
    const { log } = services;
    const work = this._register(new PageWork<InspectorWork>());
    const host: InspectorHost = inspectorHost(document, services, work, () => page);
    const events = ['reload', 'progress'] as const;
    const options = { calls: INSPECTOR_CALLS, events, name: document.uri.fsPath, log };
    const { page } = this._register(new PageConnection<InspectorPage, InspectorHost>(webview, host, options));
    this._register(document.onDidChange(() => void page.reload()));
  }
}
