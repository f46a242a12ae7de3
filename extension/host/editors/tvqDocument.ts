/** A .tvq file that is open in one or more editors: its header, read on first need and again after a change. */
import { basename, dirname } from 'node:path';
import { EventEmitter, l10n, RelativePattern, Uri, workspace, type CustomDocument } from 'vscode';
import { openTvq, type TvqFile } from '../../engine/tvq/reader.ts';
import type { TaskComparisons, VerifyOutcome } from '../../protocol.ts';
import { Disposable } from '../disposable.ts';

/** A file that is replaced raises several events; the page reloads once. */
const SETTLE_MS = 200;

/** What long work found; it counts until the file changes. */
export interface Findings {
  verified: VerifyOutcome | undefined;
  /** By the number of tensors that tasks were compared by; undefined: all. */
  readonly comparisons: Map<number | undefined, TaskComparisons>;
}

const noFindings = (): Findings => ({ verified: undefined, comparisons: new Map() });

export class TvqDocument extends Disposable implements CustomDocument {
  private readonly changed = this._register(new EventEmitter<void>());
  /** Fires when the file changed on disk. */
  readonly onDidChange = this.changed.event;
  /** What was found out about the file as it is. */
  findings = noFindings();
  private file: Promise<TvqFile> | undefined;
  private settling: NodeJS.Timeout | undefined;

  constructor(readonly uri: Uri) {
    super();
    this._register(workspace.onDidGrantWorkspaceTrust(() => this.reloadSoon()));
    if (uri.scheme !== 'file') return;
    const { fsPath } = uri;
    const pattern = new RelativePattern(Uri.file(dirname(fsPath)), basename(fsPath));
    const watcher = this._register(workspace.createFileSystemWatcher(pattern));
    this._register(watcher.onDidCreate(() => this.reloadSoon()));
    this._register(watcher.onDidChange(() => this.reloadSoon()));
    this._register(watcher.onDidDelete(() => this.reloadSoon()));
    this._register({ dispose: () => clearTimeout(this.settling) });
  }

  /** The header. Rejects with a readable message, and tries again when asked again. */
  async open(): Promise<TvqFile> {
    if (!workspace.isTrusted)
      throw new Error(
        l10n.t(
          'This file is not opened in Restricted Mode. Trust the workspace (Manage Workspace Trust) to see what is in it.',
        ),
      );
    if (this.uri.scheme !== 'file') {
      // Readers go to the place in the file they need, which the editor's own file API cannot.
      throw new Error(
        l10n.t('Only files on disk can be inspected, and this one is "{0}:".', this.uri.scheme),
      );
    }
    const opening = (this.file ??= openTvq(this.uri.fsPath));
    try {
      return await opening;
    } catch (error) {
      if (this.file === opening) this.file = undefined;
      throw error;
    }
  }

  private reloadSoon(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.file = undefined;
      this.findings = noFindings();
      this.changed.fire();
    }, SETTLE_MS);
  }
}
