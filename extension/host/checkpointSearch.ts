/** One search of the workspace: names are enough for the menus; the tree and the pickers need the files' content. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { commands, workspace, type Uri } from 'vscode';
import type { Walk } from '../formats/walk.ts';
import type { CheckpointSummary } from '../protocol/checkpoints.ts';
import { isTellingName } from '../formats/huggingface/weightNames.ts';
import { isTvq } from '../formats/tvq/names.ts';
import { inParallel } from '../shared/parallel.ts';
import { distinctFiles } from './distinctFiles.ts';
import { outsideToolFolders } from './toolFolders.ts';
import { unopenedModels, type SizedFile, type UnopenedModel } from './unopenedModels.ts';
import { findTvqFiles, findWeightFiles, findWorkspaceFiles } from './workspaceFiles.ts';

/** Files whose sizes are read at once. */
const STATS_AT_ONCE = 32;

export interface Failure {
  readonly path: string;
  readonly message: string;
}

export interface Snapshot {
  readonly checkpoints: readonly CheckpointSummary[];
  readonly failures: readonly Failure[];
  /** Their headers are read on demand. */
  readonly tvqFiles: readonly SizedFile[];
  /** In Restricted Mode, instead of checkpoints, as nothing was opened. */
  readonly unopened: readonly UnopenedModel[];
  /** Where the search stopped before the end, one line each. */
  readonly stops: readonly string[];
}

/** What names alone can tell. */
export interface Names extends Walk {
  /** The folders above the files found. */
  readonly folders: Readonly<Record<string, true>>;
}

/** Finds the files by their names, and updates the explorer's menu. */
export async function searchNames(): Promise<Names> {
  const walk = await findWorkspaceFiles();
  tellMenus(walk);
  return { ...walk, folders: foldersAbove(walk.files) };
}

export async function holdsModels(folder: Uri): Promise<boolean> {
  const [weights, tvqs] = await Promise.all([findWeightFiles(folder), findTvqFiles(folder)]);
  return weights.length + tvqs.length > 0;
}

/** What the found names stand for. Files are opened only in a trusted workspace. */
export async function lookInside({ files: all, stops }: Walk): Promise<Snapshot> {
  const files = await distinctFiles(await outsideToolFolders(all, rootFolders()));
  const weights = files.filter(path => !isTvq(path));
  const tvqFiles = await sizesOf(files.filter(isTvq));
  // The headers in an untrusted folder are not trusted either: nothing in it is opened.
  const unopened = workspace.isTrusted ? [] : unopenedModels(await sizesOf(weights));
  // Menus need only names; code that opens files is loaded only when their content is needed.
  const { summarizeCheckpoints } = await import('../formats/discover.ts');
  const discovery = await summarizeCheckpoints(workspace.isTrusted ? weights : []);
  const { checkpoints, failures } = discovery;
  return { checkpoints, failures, tvqFiles, unopened, stops: [...stops, ...discovery.stops] };
}

/** Tells the explorer's menu which folders it has commands for, including ones that are not proposed. */
function tellMenus({ files, links }: Walk): void {
  const weights = files.filter(path => !isTvq(path));
  const menusOf = (found: readonly string[]) => {
    const folders = foldersAbove(found);
    for (const { path, target } of links) if (folders[target]) folders[path] = true;
    return folders;
  };
  void commands.executeCommand('setContext', 'tvq.checkpointFolders', menusOf(weights));
  void commands.executeCommand('setContext', 'tvq.modelFolders', menusOf(files));
  void commands.executeCommand('setContext', 'tvq.hasCheckpoints', weights.some(isTellingName));
  void commands.executeCommand('setContext', 'tvq.hasTvqFiles', files.length > weights.length);
}

const rootFolders = (): string[] => (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);

async function sizesOf(paths: readonly string[]): Promise<SizedFile[]> {
  const sizes = await inParallel(paths, STATS_AT_ONCE, async path => {
    const info = await stat(path).catch(() => undefined); // deleted since the search
    return info?.isFile() ? { path, bytes: info.size } : undefined;
  });
  return sizes.filter(entry => entry !== undefined);
}

/** Every folder above a file: the explorer's menu offers commands for these only. */
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
