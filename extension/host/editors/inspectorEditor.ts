/** The read-only editor of .tvq files: a page, and what it may ask for. */
import { window, type CustomReadonlyEditorProvider, type Uri, type WebviewPanel } from 'vscode';
import { Disposable } from '../disposable.ts';
import { showPage } from '../pageHtml.ts';
import type { Services } from '../services.ts';
import { connectPage } from './inspectorRpc.ts';
import { TvqDocument } from './tvqDocument.ts';

export const INSPECTOR_VIEW_TYPE = 'tvq.inspector';

export class InspectorEditor extends Disposable implements CustomReadonlyEditorProvider<TvqDocument> {
  /** @param copies the folder for copies of files that are not on this disk */
  constructor(
    private readonly services: Services,
    private readonly copies: string,
  ) {
    super();
    this._register(
      window.registerCustomEditorProvider(INSPECTOR_VIEW_TYPE, this, {
        supportsMultipleEditorsPerDocument: true,
      }),
    );
  }

  openCustomDocument(uri: Uri): TvqDocument {
    return new TvqDocument(uri, this.copies);
  }

  resolveCustomEditor(document: TvqDocument, { webview, onDidDispose }: WebviewPanel): void {
    const { extensionUri } = this.services;
    const connection = connectPage(webview, document, this.services);
    onDidDispose(() => connection.dispose());
    showPage(webview, extensionUri, 'inspector');
  }
}
