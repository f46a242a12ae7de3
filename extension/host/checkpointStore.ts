/** The workspace's checkpoints and .tvq files, found on first need and kept current by a file watcher. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { commands, EventEmitter, workspace, type Uri } from 'vscode';
import type { Walk } from '../formats/walk.ts';
import { inParallel } from '../shared/parallel.ts';
import type { CheckpointSummary } from '../protocol/checkpoints.ts';
import { Disposable } from './disposable.ts';
import { distinctFiles } from './distinctFiles.ts';
import type { Log } from './log.ts';
import { outsideToolFolders } from './toolFolders.ts';
import { unopenedModels, type SizedFile, type UnopenedModel } from './unopenedModels.ts';
import { findTvqFiles, findWeightFiles, findWorkspaceFiles } from './workspaceFiles.ts';

/** Name and size of a .tvq file; its header is read when it is asked for. */
export type TvqEntry = SizedFile;

export interface Failure {
  readonly path: string;
  readonly message: string;
}

export interface Snapshot {
  readonly checkpoints: readonly CheckpointSummary[];
  readonly failures: readonly Failure[];
  readonly tvqFiles: readonly TvqEntry[];
  /** In Restricted Mode, in place of checkpoints: nothing was opened. */
  readonly unopened: readonly UnopenedModel[];
  /** Where the search stopped before the end, a line each. */
  readonly stops: readonly string[];
}

/** Names, and what is in the files once somebody has asked. */
interface Search {
  readonly found: Promise<Walk>;
  snapshot: Promise<Snapshot> | undefined;
}

const WEIGHTS = '*.safetensors,*.safetensors.index.json,*.safetensors.index.*.json';
/** config.json names the model, so a change to one matters too. */
const WATCHED = `**/{${WEIGHTS},config.json,*.tvq}`;
/** Files whose size is asked for at once. */
const STATS_AT_ONCE = 32;
/** A checkpoint that is being copied changes many times a second; one look after it has calmed is enough. */
const SETTLE_MS = 400;

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
      current.found.then(walk => this.look(walk)),
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
    const search: Search = { found: findWorkspaceFiles(), snapshot: undefined };
    const told = search.found.then(walk => {
      this.folders = foldersAbove(walk.files);
      tellMenus(walk);
    });
    void this.guarded(search, told);
    return search;
  }

  private guarded<T>(search: Search, work: Promise<T>): Promise<T> {
    work.catch(error => {
      this.log.error(error);
      if (this.current === search) this.current = undefined;
    });
    return work;
  }

  private refreshSoon(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  /** A folder that came may hold models, without an event for them. */
  private async lookInto(uri: Uri): Promise<void> {
    const [weights, tvqs] = await Promise.all([findWeightFiles(uri), findTvqFiles(uri)]);
    if (weights.length + tvqs.length > 0) this.refreshSoon();
  }

  private async look({ files: all, stops }: Walk): Promise<Snapshot> {
    const started = performance.now();
    const files = await distinctFiles(await outsideToolFolders(all, rootFolders()));
    const weights = files.filter(path => !path.endsWith('.tvq'));
    const tvqFiles = await sizesOf(files.filter(path => path.endsWith('.tvq')));
    // Whoever made a folder that is not trusted made its headers too: nothing in it is opened.
    const unopened = workspace.isTrusted ? [] : unopenedModels(await sizesOf(weights));
    // Names alone make the menus; who opens files is loaded when somebody wants to see what is in them.
    const { summarizeCheckpoints } = await import('../formats/discover.ts');
    const discovery = await summarizeCheckpoints(workspace.isTrusted ? weights : []);
    const { checkpoints, failures } = discovery;
    const stopped = [...stops, ...discovery.stops];
    const lines = [...failures.map(({ message }) => message), ...stopped];
    for (const line of lines) if (!this.told.has(line)) this.log.warn(line);
    this.told = new Set(lines);
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    const models = checkpoints.length + unopened.length;
    this.log.info(`Found ${models} checkpoints and ${tvqFiles.length} .tvq files in ${seconds} s.`);
    return { checkpoints, failures, tvqFiles, unopened, stops: stopped };
  }
}

/** Names tell which folders the explorer's menu has commands for, also for what is not proposed. */
function tellMenus({ files, links }: Walk): void {
  const weights = files.filter(path => !path.endsWith('.tvq'));
  const menusOf = (found: readonly string[]) => {
    const folders = foldersAbove(found);
    for (const { path, target } of links) if (folders[target]) folders[path] = true;
    return folders;
  };
  void commands.executeCommand('setContext', 'tvq.checkpointFolders', menusOf(weights));
  void commands.executeCommand('setContext', 'tvq.modelFolders', menusOf(files));
  void commands.executeCommand('setContext', 'tvq.hasCheckpoints', weights.length > 0);
  void commands.executeCommand('setContext', 'tvq.hasTvqFiles', files.length > weights.length);
}

const rootFolders = (): string[] => (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);

async function sizesOf(paths: readonly string[]): Promise<SizedFile[]> {
  const sizes = await inParallel(paths, STATS_AT_ONCE, async path => {
    const info = await stat(path).catch(() => undefined); // gone since the search
    return info?.isFile() ? { path, bytes: info.size } : undefined;
  });
  return sizes.filter(entry => entry !== undefined);
}

/** Every folder on the way to a file: the explorer's menu offers commands for these, and no other. */
function foldersAbove(files: readonly string[]): Record<string, true> {
  const roots = new Set(rootFolders());
  const folders: Record<string, true> = {};
  for (const file of files) {
    for (let folder = dirname(file); folders[folder] === undefined; folder = dirname(folder)) {
      folders[folder] = true;
      if (roots.has(folder) || dirname(folder) === folder) break;
    }
  }
  return folders;
}
