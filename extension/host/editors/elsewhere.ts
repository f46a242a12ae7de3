import { posix } from 'node:path';
import { EventEmitter, RelativePattern, Uri, workspace } from 'vscode';
import { Disposable } from '../disposable.ts';
import { copyLocally, shownUri, type LocalCopy } from './localCopy.ts';

/** A file that is not on this disk: read from a private copy, which is deleted when the file changes, and at the end. */
export class Elsewhere extends Disposable {
  private readonly changed = this._register(new EventEmitter<void>());
  readonly onDidChange = this.changed.event;
  private copy: Promise<LocalCopy> | undefined;

  /** @param copies the folder for the copy */
  constructor(
    private readonly uri: Uri,
    private readonly copies: string,
  ) {
    super();
    const pattern = new RelativePattern(Uri.joinPath(uri, '..'), posix.basename(uri.path));
    const watcher = this._register(workspace.createFileSystemWatcher(pattern));
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
      this._register(event(() => this.change()));
    this._register({ dispose: () => this.forget() });
  }

  /** Reads the copy; messages name the file, not its copy. */
  async read<T>(reader: (path: string) => Promise<T>): Promise<T> {
    const copying = (this.copy ??= copyLocally(this.uri, this.copies));
    copying.catch(() => {
      if (this.copy === copying) this.copy = undefined;
    });
    const { path } = await copying;
    try {
      return await reader(path);
    } catch (error) {
      if (error instanceof Error) error.message = error.message.replaceAll(path, shownUri(this.uri));
      throw error;
    }
  }

  private change(): void {
    this.forget();
    this.changed.fire();
  }

  private forget(): void {
    void this.copy?.then(
      copy => copy.remove(),
      () => undefined,
    );
    this.copy = undefined;
  }
}
