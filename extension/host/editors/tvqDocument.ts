/** A .tvq file that is open in one or more editors: its header, read on first need and again after a change. */
import { unwatchFile, watchFile } from 'node:fs';
import { EventEmitter, l10n, workspace, type CustomDocument, type Uri } from 'vscode';
import { openTvq, type TvqFile } from '../../formats/tvq/reader.ts';
import type { TaskComparisons } from '../../protocol/comparison.ts';
import type { VerifyOutcome } from '../../protocol/inspector.ts';
import { Disposable } from '../disposable.ts';
import { Elsewhere } from './elsewhere.ts';

/** Size and times of an open file are checked this often. */
const LOOK_EVERY_MS = 1000;
/** A file that is replaced changes several times; the page reloads once. */
const SETTLE_MS = 200;

/** Results of long work, valid until the file changes. */
export interface Findings {
  verified: VerifyOutcome | undefined;
  /** By the number of tensors compared; undefined: all. */
  readonly comparisons: Map<number | undefined, TaskComparisons>;
}

const noFindings = (): Findings => ({ verified: undefined, comparisons: new Map() });

export class TvqDocument extends Disposable implements CustomDocument {
  private readonly changed = this._register(new EventEmitter<void>());
  /** Fires when the file changed on disk. */
  readonly onDidChange = this.changed.event;
  /** What was found about the current file. */
  findings = noFindings();
  private file: Promise<TvqFile> | undefined;
  /** Set for a file that is not on this disk. */
  private readonly elsewhere: Elsewhere | undefined;
  private settling: NodeJS.Timeout | undefined;

  /** @param copies the folder for copies of files that are not on this disk */
  constructor(
    readonly uri: Uri,
    copies: string,
  ) {
    super();
    this._register(workspace.onDidGrantWorkspaceTrust(() => this.reloadSoon()));
    this._register({ dispose: () => clearTimeout(this.settling) });
    if (uri.scheme !== 'file') {
      const elsewhere = this._register(new Elsewhere(uri, copies));
      this._register(elsewhere.onDidChange(() => this.reloadSoon()));
      this.elsewhere = elsewhere;
      return;
    }
    const { fsPath } = uri;
    // The editor's watchers treat a name as a pattern, and are silent when a folder above is renamed.
    const look = () => this.reloadSoon();
    watchFile(fsPath, { interval: LOOK_EVERY_MS, persistent: false }, look);
    this._register({ dispose: () => unwatchFile(fsPath, look) });
  }

  /** The header. Rejects with a readable message; the next call tries again. */
  async open(): Promise<TvqFile> {
    if (!workspace.isTrusted)
      throw new Error(
        l10n.t(
          'This file is not opened in Restricted Mode. Trust the workspace (Manage Workspace Trust) to see what is in it.',
        ),
      );
    const opening = (this.file ??= this.read(openTvq));
    try {
      return await opening;
    } catch (error) {
      if (this.file === opening) this.file = undefined;
      if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
      const { fsPath } = this.uri;
      throw new Error(
        l10n.t(
          '{0} is missing: it was deleted, moved or renamed. It is shown again when it is back.',
          fsPath,
        ),
        { cause: error },
      );
    }
  }

  /** Reads the file by its own path, or that of a copy. */
  read<T>(reader: (path: string) => Promise<T>): Promise<T> {
    return this.elsewhere ? this.elsewhere.read(reader) : reader(this.uri.fsPath);
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
