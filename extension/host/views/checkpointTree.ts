/** The "Checkpoints" view. */
import {
  EventEmitter,
  l10n,
  window,
  workspace,
  type CancellationToken,
  type TreeDataProvider,
  type TreeItem,
} from 'vscode';
import type { CheckpointStore } from '../checkpointStore.ts';
import { Disposable } from '../disposable.ts';
import type { Node } from './checkpointNodes.ts';

/** The content of the view, loaded when it is first shown. */
const nodes = () => import('./checkpointNodes.ts');

export class CheckpointTree extends Disposable implements TreeDataProvider<Node> {
  private readonly changed = this._register(new EventEmitter<void>());
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly store: CheckpointStore) {
    super();
    const view = this._register(
      window.createTreeView('tvq.checkpoints', {
        treeDataProvider: this,
        canSelectMany: true,
        showCollapseAll: true,
      }),
    );
    this._register(store.onDidChange(() => this.changed.fire()));
    const showTrust = () => {
      view.message = workspace.isTrusted
        ? undefined
        : l10n.t('Restricted Mode: names and sizes only; opening and quantizing need a trusted workspace.');
    };
    showTrust();
    this._register(workspace.onDidGrantWorkspaceTrust(showTrust));
  }

  async getChildren(node?: Node): Promise<Node[]> {
    return node ? [...(node.children ?? [])] : (await nodes()).nodesOf(await this.store.snapshot());
  }

  async getTreeItem(node: Node): Promise<TreeItem> {
    return (await nodes()).treeItemOf(node);
  }

  /** @inheritdoc */
  async resolveTreeItem(item: TreeItem, node: Node, _token: CancellationToken): Promise<TreeItem> {
    const { checkpointTooltip, tvqTooltip } = await import('./tooltips.ts');
    if (node.kind === 'checkpoint') item.tooltip = checkpointTooltip(node);
    if (node.kind === 'tvq') item.tooltip = await tvqTooltip(node);
    return item;
  }
}
