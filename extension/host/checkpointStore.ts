/** The workspace's checkpoints and .tvq files, found on first need and kept current by a file watcher. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { commands, EventEmitter, RelativePattern, workspace, type Uri } from 'vscode';
import { summarizeCheckpoints } from '../engine/checkpoint/discover.ts';
import type { CheckpointSummary } from '../protocol.ts';
import { Disposable } from './disposable.ts';
import { distinctFiles } from './distinctFiles.ts';
import type { Log } from './log.ts';
import { outsideToolFolders } from './toolFolders.ts';

/** Name and size of a .tvq file; its header is read when it is asked for. */
export interface TvqEntry {
  readonly path: string;
  readonly bytes: number;
}

export interface Failure {
  readonly path: string;
  readonly message: string;
}

export interface Snapshot {
  readonly checkpoints: readonly CheckpointSummary[];
  readonly failures: readonly Failure[];
  readonly tvqFiles: readonly TvqEntry[];
}

const WEIGHTS = '*.safetensors,*.safetensors.index.json,*.safetensors.index.*.json';
const FOUND = `**/{${WEIGHTS},*.tvq}`;
/** config.json names the model, so a change to one matters too. */
const WATCHED = `**/{${WEIGHTS},config.json,*.tvq}`;
/** What our own commands are still writing, or left behind when they were killed. */
const UNFINISHED = /\.tvq-(tmp|partial)([\\/]|$)/;
/** Stops a workspace over a whole model archive from flooding the tree; the log says when it is reached. */
const MAX_FILES = 10_000;
/** A checkpoint that is being copied changes many times a second; one look after it has calmed is enough. */
const SETTLE_MS = 400;

export class CheckpointStore extends Disposable {
  private readonly changed = this._register(new EventEmitter<void>());
  /** Fires when `snapshot()` would answer differently. */
  readonly onDidChange = this.changed.event;
  private current: Promise<Snapshot> | undefined;
  private settling: NodeJS.Timeout | undefined;
  /** Those on the way to a file that was found. */
  private folders: Readonly<Record<string, true>> = {};
  /** Failures that are in the log already: every scan finds them again. */
  private told: ReadonlySet<string> = new Set();

  constructor(private readonly log: Log) {
    super();
    const watcher = this._register(workspace.createFileSystemWatcher(WATCHED));
    this._register(watcher.onDidCreate(() => this.refreshSoon()));
    this._register(watcher.onDidChange(() => this.refreshSoon()));
    this._register(watcher.onDidDelete(() => this.refreshSoon()));
    // A folder comes, goes or gets another name without an event for what is in it.
    const folders = this._register(workspace.createFileSystemWatcher('**', false, true, false));
    this._register(folders.onDidCreate(({ fsPath }) => void this.refreshIfFolder(fsPath)));
    this._register(folders.onDidDelete(({ fsPath }) => this.folders[fsPath] && this.refreshSoon()));
    this._register(workspace.onDidChangeWorkspaceFolders(() => this.refresh()));
    this._register({ dispose: () => clearTimeout(this.settling) });
  }

  /** What the workspace holds; the scan is shared by everybody who asks. */
  snapshot(): Promise<Snapshot> {
    return (this.current ??= this.startScan());
  }

  /** Looks again, also when nobody asks: the explorer's menu depends on it. Only changed files are read again. */
  refresh(): void {
    this.current = this.startScan();
    this.changed.fire();
  }

  private startScan(): Promise<Snapshot> {
    const scan = this.scan();
    scan.catch(error => {
      this.log.error(error);
      if (this.current === scan) this.current = undefined;
    });
    return scan;
  }

  private refreshSoon(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.refresh(), SETTLE_MS);
  }

  private async refreshIfFolder(path: string): Promise<void> {
    const info = await stat(path).catch(() => undefined); // gone since the event
    if (info?.isDirectory()) this.refreshSoon();
  }

  private async scan(): Promise<Snapshot> {
    const started = performance.now();
    const all = await findLocalFiles();
    const found = await distinctFiles(await outsideToolFolders(all, rootFolders()));
    if (all.length >= MAX_FILES) this.log.warn(`Only the first ${MAX_FILES} weight files are shown.`);
    const tvqs = found.filter(path => path.endsWith('.tvq'));
    const [discovery, tvqFiles] = await Promise.all([
      summarizeCheckpoints(found.filter(path => !path.endsWith('.tvq'))),
      Promise.all(tvqs.map(sizeOf)),
    ]);
    const { checkpoints, failures } = discovery;
    for (const { message } of failures) {
      if (!this.told.has(message)) this.log.warn(message);
    }
    this.told = new Set(failures.map(({ message }) => message));
    const seconds = ((performance.now() - started) / 1000).toFixed(2);
    this.log.info(`Found ${checkpoints.length} checkpoints and ${tvqs.length} .tvq files in ${seconds} s.`);
    // What is not proposed has its menu all the same.
    const proposed = new Set(found);
    const others = all.filter(path => !proposed.has(path));
    const weights = [
      ...checkpoints.flatMap(({ files }) => files),
      ...others.filter(path => !path.endsWith('.tvq')),
    ];
    this.folders = foldersAbove(all);
    const ofModels = foldersAbove([...weights, ...all.filter(path => path.endsWith('.tvq'))]);
    void commands.executeCommand('setContext', 'tvq.checkpointFolders', foldersAbove(weights));
    void commands.executeCommand('setContext', 'tvq.modelFolders', ofModels);
    void commands.executeCommand('setContext', 'tvq.hasCheckpoints', checkpoints.length > 0);
    void commands.executeCommand('setContext', 'tvq.hasTvqFiles', tvqs.length > 0);
    return { checkpoints, failures, tvqFiles: tvqFiles.filter(entry => entry !== undefined) };
  }
}

/** Honours `files.exclude`; the engine reads with plain file access, so other schemes are left out. */
async function findLocalFiles(): Promise<string[]> {
  const uris = await workspace.findFiles(FOUND, undefined, MAX_FILES);
  return uris
    .filter(uri => uri.scheme === 'file')
    .map(uri => uri.fsPath)
    .filter(path => !UNFINISHED.test(path))
    .sort();
}

const rootFolders = (): string[] => (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);

async function sizeOf(path: string): Promise<TvqEntry | undefined> {
  const info = await stat(path).catch(() => undefined); // gone since the search
  return info?.isFile() ? { path, bytes: info.size } : undefined;
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

/** Paths of weight files under a folder the user chose, excluded ones too. */
export async function findWeightFiles(folder: Uri): Promise<string[]> {
  return findUnder(folder, `**/{${WEIGHTS}}`);
}

/** Paths of .tvq files under a folder the user chose, excluded ones too. */
export async function findTvqFiles(folder: Uri): Promise<string[]> {
  return findUnder(folder, '**/*.tvq');
}

async function findUnder(folder: Uri, pattern: string): Promise<string[]> {
  const uris = await workspace.findFiles(new RelativePattern(folder, pattern), null, MAX_FILES);
  return uris.map(uri => uri.fsPath).sort();
}
