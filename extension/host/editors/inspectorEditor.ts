/** The read-only editor of .tvq files: a page, and its requests; both are loaded with the first file. */
import { window, type CustomReadonlyEditorProvider, type Uri, type WebviewPanel } from 'vscode';
import { Disposable } from '../disposable.ts';
import { showPage } from '../pageHtml.ts';
import type { Services } from '../services.ts';
import type { TvqDocument } from './tvqDocument.ts';

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

  async openCustomDocument(uri: Uri): Promise<TvqDocument> {
    const { TvqDocument } = await import('./tvqDocument.ts');
    return new TvqDocument(uri, this.copies);
  }

  async resolveCustomEditor(document: TvqDocument, { webview, onDidDispose }: WebviewPanel): Promise<void> {
    const { InspectorConnection } = await import('./inspectorConnection.ts');
    const { extensionUri } = this.services;
    const connection = new InspectorConnection(webview, document, this.services);
    onDidDispose(() => connection.dispose());
    showPage(webview, extensionUri, 'inspector');
  }
}
