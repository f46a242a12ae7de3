/** The Studio's panels: opened by a command, and again when the window is reloaded. */
import { Uri, ViewColumn, window, l10n, type WebviewPanel, type WebviewPanelSerializer } from 'vscode';
import type { StudioSelection } from '../../protocol.ts';
import { shown } from '../../shared/printable.ts';
import { Disposable } from '../disposable.ts';
import { showPage } from '../pageHtml.ts';
import type { Services } from '../services.ts';
import type { StudioMerge } from './studioMerge.ts';
import { checkSelection } from './studioChecks.ts';
import { StudioConnection } from './studioConnection.ts';

const VIEW_TYPE = 'tvq.studio';

export class StudioPanels extends Disposable implements WebviewPanelSerializer {
  constructor(
    private readonly services: Omit<Services, 'studio'>,
    private readonly merging: StudioMerge,
  ) {
    super();
    this._register(window.registerWebviewPanelSerializer(VIEW_TYPE, this));
  }

  /** Opens a panel; without a selection its page offers to choose one. */
  open(selection: StudioSelection | undefined): void {
    this.fill(window.createWebviewPanel(VIEW_TYPE, titleOf(selection), ViewColumn.Active), selection);
  }

  /** @param state what the page saved, which anything may have written */
  async deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const saved = (state as { selection?: unknown } | undefined)?.selection;
    this.fill(panel, checkSelection(saved));
  }

  private fill(panel: WebviewPanel, selection: StudioSelection | undefined): void {
    const connection = new StudioConnection(panel.webview, this.services, this.merging, selection);
    connection.onDidChoose(chosen => (panel.title = titleOf(chosen)));
    panel.onDidDispose(() => connection.dispose());
    panel.iconPath = Uri.joinPath(this.services.extensionUri, 'extension/media/tvq.svg');
    showPage(panel.webview, this.services.extensionUri, 'studio');
  }
}

/** Names the base, so that two panels can be told apart. */
function titleOf(selection: StudioSelection | undefined): string {
  const title = l10n.t('TVQ Studio');
  return selection === undefined ? title : shown(`${title}: ${selection.base.name}`);
}
