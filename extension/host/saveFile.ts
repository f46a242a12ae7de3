/** Files that people save from pages: the dialog, the writing, and the link to the file. */
import { homedir } from 'node:os';
import { basename } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import type { ExportedFile } from '../protocol/exports.ts';
import { withoutExtension } from '../formats/tvq/taskName.ts';
import { exportBytes } from './exportBytes.ts';
import { reveal } from './reveal.ts';
import { notify } from './ui/notify.ts';

const FILTERS: Record<ExportedFile['kind'], Record<string, string[]>> = {
  png: { PNG: ['png'] },
  svg: { SVG: ['svg'] },
  csv: { CSV: ['csv'] },
};

/** Asks where to save `name`, by default beside `source`; undefined when the dialog is cancelled. */
export async function askWhere(
  source: Uri,
  name: string,
  kind: ExportedFile['kind'],
): Promise<Uri | undefined> {
  // A file that is not on disk (such as a Source Control version) may be in a read-only file system.
  const folder =
    source.scheme === 'file'
      ? Uri.joinPath(source, '..')
      : (workspace.workspaceFolders?.[0]?.uri ?? Uri.file(homedir()));
  const defaultUri = Uri.joinPath(folder, name);
  return window.showSaveDialog({ defaultUri, filters: FILTERS[kind] });
}

/** Reports that a file was written, with a link to it. */
export function announce(target: Uri): void {
  const show = l10n.t('Reveal');
  void notify(l10n.t('Wrote {0}', target.fsPath), show).then(pressed => {
    if (pressed === show) void reveal(target.fsPath);
  });
}

/**
 * Saves what a page sends, after asking where.
 * @param source the file, or the folder of the model, that the page is about
 * @returns false when the dialog was cancelled
 */
export async function savePageFile(source: Uri, file: ExportedFile): Promise<boolean> {
  const stem = withoutExtension(basename(source.fsPath));
  const target = await askWhere(source, `${stem}-${file.name}`, file.kind);
  if (target === undefined) return false;
  await workspace.fs.writeFile(target, exportBytes(file));
  announce(target);
  return true;
}
