/** The workspace's checkpoints and .tvq files, found on first need and kept current by a file watcher. */
import { EventEmitter, workspace, type Uri } from 'vscode';
import type { Names, Snapshot } from './checkpointSearch.ts';
import { Disposable } from './disposable.ts';
import type { Log } from './log.ts';

/** Names, and what is in the files once somebody has asked. */
interface Search {
  readonly found: Promise<Names>;
  snapshot: Promise<Snapshot> | undefined;
}

const WEIGHTS = '*.safetensors,*.safetensors.index.json,*.safetensors.index.*.json';
/** config.json names the model, so a change to one matters too. */
const WATCHED = `**/{${WEIGHTS},config.json,*.tvq}`;
/** A checkpoint that is being copied changes many times a second; one look after it has calmed is enough. */
const SETTLE_MS = 400;

/** What searches is loaded with the first search: then the window has its commands already. */
const search = () => import('./checkpointSearch.ts');

export class CheckpointStore extends Disposable {
  private readonly changed = this._register(new EventEmitter<void>());
  /** Fires when `snapshot()` would answer differently. */
  readonly onDidChange = this.changed.event;
  private current: Search | undefined;
  private settling: NodeJS.Timeout | undefined;
  /** Those on the way to a file that was found. */
  private folders: Readonly<Record<string, true>> = {};
  /** What is in the log already: every scan finds it again. */
  private told: ReadonlySet<string> = new Set();

  constructor(private readonly log: Log) {
    super();
    const watcher = this._register(workspace.createFileSystemWatcher(WATCHED));
    this._register(watcher.onDidCreate(() => this.refreshSoon()));
    this._register(watcher.onDidChange(() => this.refreshSoon()));
    this._register(watcher.onDidDelete(() => this.refreshSoon()));
    // A folder comes, goes or gets another name without an event for what is in it.
    const folders = this._register(workspace.createFileSystemWatcher('**', false, true, false));
    this._register(folders.onDidCreate(uri => void this.lookInto(uri)));
    this._register(folders.onDidDelete(({ fsPath }) => this.folders[fsPath] && this.refreshSoon()));
    this._register(workspace.onDidChangeWorkspaceFolders(() => this.refresh()));
    this._register(workspace.onDidGrantWorkspaceTrust(() => this.refresh()));
    this._register({ dispose: () => clearTimeout(this.settling) });
  }

  /** What the workspace holds; the scan is shared by everybody who asks. */
  snapshot(): Promise<Snapshot> {
    const current = (this.current ??= this.startSearch());
    return (current.snapshot ??= this.guarded(
      current,
      current.found.then(names => this.look(names)),
    ));
  }

  /**
   * Looks again for names, also when nobody asks: the explorer's menu depends on them. What is in files is read when
   * somebody asks for it, and only of those that changed.
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

  /** A folder that came may hold models, without an event for them. */
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
