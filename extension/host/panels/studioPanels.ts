/** The Studio's panels: opened by a command, and again when the window is reloaded. Their code is loaded with the first. */
import {
  Uri,
  ViewColumn,
  window,
  l10n,
  type Webview,
  type WebviewPanel,
  type WebviewPanelSerializer,
} from 'vscode';
import type { StudioSelection } from '../../protocol/studio.ts';
import { shown } from '../../shared/printable.ts';
import { Disposable } from '../disposable.ts';
import { showPage } from '../pageHtml.ts';
import type { Services } from '../services.ts';
import type { MergeMemory } from './mergeMemory.ts';
import type { StudioConnection } from './studioConnection.ts';
import type { StudioMerge } from './studioMerge.ts';

const VIEW_TYPE = 'tvq.studio';

type Connect = (webview: Webview, selection: StudioSelection | undefined) => StudioConnection;

export class StudioPanels extends Disposable implements WebviewPanelSerializer {
  /** One per window, from its first panel on. */
  private merging: StudioMerge | undefined;

  constructor(
    private readonly services: Omit<Services, 'studio'>,
    private readonly memory: MergeMemory,
  ) {
    super();
    this._register(window.registerWebviewPanelSerializer(VIEW_TYPE, this));
  }

  /** Opens a panel; without a selection its page offers to choose one. */
  async open(selection: StudioSelection | undefined): Promise<void> {
    const connect = await this.connector();
    const panel = window.createWebviewPanel(VIEW_TYPE, titleOf(selection), ViewColumn.Active);
    this.fill(panel, connect, selection);
  }

  /** @param state what the page saved, which anything may have written */
  async deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const saved = (state as { selection?: unknown } | undefined)?.selection;
    const [connect, { studioSelection }] = await Promise.all([
      this.connector(),
      import('../../protocol/studio.ts'),
    ]);
    this.fill(panel, connect, studioSelection.safeParse(saved).data);
  }

  private async connector(): Promise<Connect> {
    const [{ StudioConnection }, { StudioMerge }] = await Promise.all([
      import('./studioConnection.ts'),
      import('./studioMerge.ts'),
    ]);
    const merging = (this.merging ??= this._register(new StudioMerge(this.services, this.memory)));
    return (webview, selection) => new StudioConnection(webview, this.services, merging, selection);
  }

  private fill(panel: WebviewPanel, connect: Connect, selection: StudioSelection | undefined): void {
    const connection = connect(panel.webview, selection);
    connection.onDidChoose(chosen => (panel.title = titleOf(chosen)));
    panel.onDidDispose(() => connection.dispose());
    panel.iconPath = Uri.joinPath(this.services.extensionUri, 'extension/media/tvq.svg');
    showPage(panel.webview, this.services.extensionUri, 'studio');
  }
}

/** Names the base, so that panels can be distinguished. */
function titleOf(selection: StudioSelection | undefined): string {
  const title = l10n.t('TVQ Studio');
  return selection === undefined ? title : shown(`${title}: ${selection.base.name}`);
}
