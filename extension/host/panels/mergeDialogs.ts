import { dirname } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import type { StudioSelection } from '../../protocol.ts';
import { reveal } from '../reveal.ts';

/** A table of 40 merges has some kilobytes. */
const MAX_CSV = 4 << 20;

/** Asks for the folder of a merged model. */
export async function chooseOutput(proposed: unknown): Promise<string | undefined> {
  if (typeof proposed !== 'string') throw new Error('The proposed folder is not a text.');
  const chosen = await window.showSaveDialog({
    defaultUri: Uri.file(proposed),
    saveLabel: l10n.t('Merge Here'),
    title: l10n.t('Name the folder for the merged model'),
  });
  return chosen?.fsPath;
}

/** Asks for a name and writes the results; does nothing when the dialog is cancelled. */
export async function saveTable({ source, base }: StudioSelection, csv: unknown): Promise<void> {
  if (typeof csv !== 'string' || csv.length > MAX_CSV) throw new Error('The table is not valid.');
  const defaultUri = Uri.joinPath(Uri.file(dirname(source ?? base.path)), 'merges.csv');
  const target = await window.showSaveDialog({ defaultUri, filters: { CSV: ['csv'] } });
  if (target === undefined) return;
  await workspace.fs.writeFile(target, new TextEncoder().encode(csv));
  const show = l10n.t('Reveal');
  void window.showInformationMessage(l10n.t('Wrote {0}', target.fsPath), show).then(pressed => {
    if (pressed === show) void reveal(target.fsPath);
  });
}
