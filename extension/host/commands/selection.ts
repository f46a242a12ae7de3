/** Turns what menus pass to a command into paths. */
import { l10n, TabInputCustom, TabInputText, Uri, window } from 'vscode';

import { shownUri } from '../editors/localCopy.ts';

/** A node of our own trees that stands for files. */
export interface HasPaths {
  readonly paths: readonly string[];
}

/**
 * Paths of a selection in the explorer `(uri, uris[])` or in one of our trees `(node, nodes[])`; undefined from the
 * palette, which passes nothing.
 */
export function selectedPaths(args: readonly unknown[]): string[] | undefined {
  const [clicked, selection] = args;
  const chosen: unknown[] = Array.isArray(selection) && selection.length > 0 ? selection : [clicked];
  const paths = chosen.flatMap(pathsOf);
  return paths.length > 0 ? [...new Set(paths)] : undefined;
}

/** @throws for files that are not on this machine's disks: commands read and write by path */
function pathsOf(value: unknown): readonly string[] {
  if (value instanceof Uri) return [diskPath(value)];
  const paths = (value as Partial<HasPaths> | undefined)?.paths;
  return Array.isArray(paths) ? (paths as string[]) : [];
}

function diskPath(uri: Uri): string {
  if (uri.scheme === 'file') return uri.fsPath;
  throw new Error(
    l10n.t(
      '{0} is not on a disk of this machine, where the engine reads and writes. Save it there first; the inspector opens it as it is.',
      shownUri(uri),
    ),
  );
}

/** The .tvq file that was clicked; undefined if it was something else, or more. */
export function clickedTvq(paths: readonly string[] | undefined): string | undefined {
  const [path, ...others] = paths ?? [];
  return path?.endsWith('.tvq') && others.length === 0 ? path : undefined;
}

/** The .tvq file a command is about: the clicked one, else the one in the active editor, else one the user chooses. */
export async function tvqArgument(args: readonly unknown[]): Promise<string | undefined> {
  const path = selectedPaths(args.slice(0, 1))?.[0] ?? activeTvq();
  if (path !== undefined) return path;
  const [uri] =
    (await window.showOpenDialog({
      title: l10n.t('Choose a .tvq file'),
      filters: { [l10n.t('Task vectors')]: ['tvq'] },
    })) ?? [];
  return uri?.fsPath;
}

function activeTvq(): string | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  if (!(input instanceof TabInputCustom || input instanceof TabInputText)) return undefined;
  const { uri } = input;
  return uri.path.endsWith('.tvq') ? diskPath(uri) : undefined;
}
