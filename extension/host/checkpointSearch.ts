/** One look through the workspace: names tell the menus, and what is in the files tells the tree and the pickers. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { commands, workspace, type Uri } from 'vscode';
import type { Walk } from '../formats/walk.ts';
import type { CheckpointSummary } from '../protocol/checkpoints.ts';
import { inParallel } from '../shared/parallel.ts';
import { distinctFiles } from './distinctFiles.ts';
import { outsideToolFolders } from './toolFolders.ts';
import { unopenedModels, type SizedFile, type UnopenedModel } from './unopenedModels.ts';
import { findTvqFiles, findWeightFiles, findWorkspaceFiles } from './workspaceFiles.ts';

/** Files whose size is asked for at once. */
const STATS_AT_ONCE = 32;

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

/** What names alone tell. */
export interface Names extends Walk {
  /** Those on the way to a file that was found. */
  readonly folders: Readonly<Record<string, true>>;
}

/** Finds the files by their names, and tells the explorer's menu. */
export async function searchNames(): Promise<Names> {
  const walk = await findWorkspaceFiles();
  tellMenus(walk);
  return { ...walk, folders: foldersAbove(walk.files) };
}

export async function holdsModels(folder: Uri): Promise<boolean> {
  const [weights, tvqs] = await Promise.all([findWeightFiles(folder), findTvqFiles(folder)]);
  return weights.length + tvqs.length > 0;
}

/** What the names found stand for. Files are opened in a trusted workspace alone. */
export async function lookInside({ files: all, stops }: Walk): Promise<Snapshot> {
  const files = await distinctFiles(await outsideToolFolders(all, rootFolders()));
  const weights = files.filter(path => !path.endsWith('.tvq'));
  const tvqFiles = await sizesOf(files.filter(path => path.endsWith('.tvq')));
  // Whoever made a folder that is not trusted made its headers too: nothing in it is opened.
  const unopened = workspace.isTrusted ? [] : unopenedModels(await sizesOf(weights));
  // Names alone make the menus; who opens files is loaded when somebody wants to see what is in them.
  const { summarizeCheckpoints } = await import('../formats/discover.ts');
  const discovery = await summarizeCheckpoints(workspace.isTrusted ? weights : []);
  const { checkpoints, failures } = discovery;
  return { checkpoints, failures, tvqFiles, unopened, stops: [...stops, ...discovery.stops] };
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
