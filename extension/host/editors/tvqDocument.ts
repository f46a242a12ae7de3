/** A .tvq file that is open in one or more editors: its header, read on first need and again after a change. */
import { basename, dirname } from 'node:path';
import { EventEmitter, RelativePattern, Uri, workspace, type CustomDocument } from 'vscode';
import { openTvq, type TvqFile } from '../../engine/tvq/reader.ts';
import type { TaskComparisons, VerifyOutcome } from '../../protocol.ts';
import { Disposable } from '../disposable.ts';
import { Elsewhere } from './elsewhere.ts';

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
  /** Of a file that is not on this disk. */
  private readonly elsewhere: Elsewhere | undefined;
  private settling: NodeJS.Timeout | undefined;

  /** @param copies the folder for copies of files that are not on this disk */
  constructor(
    readonly uri: Uri,
    copies: string,
  ) {
    super();
    if (uri.scheme !== 'file') {
      const elsewhere = this._register(new Elsewhere(uri, copies));
      this._register(elsewhere.onDidChange(() => this.reloadSoon()));
      this._register({ dispose: () => clearTimeout(this.settling) });
      this.elsewhere = elsewhere;
      return;
    }
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
    const opening = (this.file ??= this.read(openTvq));
    try {
      return await opening;
    } catch (error) {
      if (this.file === opening) this.file = undefined;
      throw error;
    }
  }

  /** Reads the file by a path: its own, or that of a copy. */
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
