/** The workspace's checkpoints and .tvq files, found on first need and kept current by a file watcher. */
import { EventEmitter, workspace, type Uri } from 'vscode';
import { WATCHED_FILES } from '../formats/registry.ts';
import type { Names, Snapshot } from './checkpointSearch.ts';
import { Disposable } from './disposable.ts';
import type { Log } from './log.ts';

/** Names, and the files' content once it was requested. */
interface Search {
  readonly found: Promise<Names>;
  snapshot: Promise<Snapshot> | undefined;
}

const WATCHED = `**/{${WATCHED_FILES.join()}}`;
/** A checkpoint being copied changes many times a second; one search afterwards is enough. */
const SETTLE_MS = 400;

/** The search code is loaded with the first search, when the window already has its commands. */
const search = () => import('./checkpointSearch.ts');

export class CheckpointStore extends Disposable {
  private readonly changed = this._register(new EventEmitter<void>());
  /** Fires when `snapshot()` would answer differently. */
  readonly onDidChange = this.changed.event;
  private current: Search | undefined;
  private settling: NodeJS.Timeout | undefined;
  /** The folders above the files found. */
  private folders: Readonly<Record<string, true>> = {};
  /** Lines already in the log: every scan finds them again. */
  private told: ReadonlySet<string> = new Set();

  constructor(private readonly log: Log) {
    super();
    const watcher = this._register(workspace.createFileSystemWatcher(WATCHED));
    this._register(watcher.onDidCreate(() => this.refreshSoon()));
    this._register(watcher.onDidChange(() => this.refreshSoon()));
    this._register(watcher.onDidDelete(() => this.refreshSoon()));
    // Creating, deleting or renaming a folder gives no events for its content.
    const folders = this._register(workspace.createFileSystemWatcher('**', false, true, false));
    this._register(folders.onDidCreate(uri => void this.lookInto(uri)));
    this._register(folders.onDidDelete(({ fsPath }) => this.folders[fsPath] && this.refreshSoon()));
    this._register(workspace.onDidChangeWorkspaceFolders(() => this.refresh()));
    this._register(workspace.onDidGrantWorkspaceTrust(() => this.refresh()));
    this._register({ dispose: () => clearTimeout(this.settling) });
  }

  /** What the workspace holds; all callers share one scan. */
  snapshot(): Promise<Snapshot> {
    const current = (this.current ??= this.startSearch());
    return (current.snapshot ??= this.guarded(
      current,
      current.found.then(names => this.look(names)),
    ));
  }

  /**
   * Searches for names again even without a request, as the explorer's menu depends on them. Files' content is read on
   * request, and only of files that changed.
   */
  refresh(): void {
    this.current = this.startSearch();
    this.changed.fire();
  }

  private startSearch(): Search {
    const started: Search = { found: this.searchNames(), snapshot: undefined };
    void this.guarded(started, started.found);
    return started;
  }

  private async searchNames(): Promise<Names> {
    const { searchNames } = await search();
    const names = await searchNames();
    this.folders = names.folders;
    return names;
  }

  private guarded<T>(of: Search, work: Promise<T>): Promise<T> {
    work.catch(error => {
      this.log.error(error);
      if (this.current === of) this.current = undefined;
    });
    return work;
  }

  private refreshSoon(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  /** A new folder may contain models, without an event for them. */
  private async lookInto(uri: Uri): Promise<void> {
    const { holdsModels } = await search();
    if (await holdsModels(uri)) this.refreshSoon();
  }

  private async look(names: Names): Promise<Snapshot> {
    const started = performance.now();
    const { lookInside } = await search();
    const snapshot = await lookInside(names);
    const { checkpoints, failures, tvqFiles, unopened, stops } = snapshot;
    const lines = [...failures.map(({ message }) => message), ...stops];
    for (const line of lines) if (!this.told.has(line)) this.log.warn(line);
    this.told = new Set(lines);
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    const models = checkpoints.length + unopened.length;
    this.log.info(`Found ${models} checkpoints and ${tvqFiles.length} .tvq files in ${seconds} s.`);
    return snapshot;
  }
}
