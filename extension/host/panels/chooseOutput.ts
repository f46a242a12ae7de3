import { l10n, Uri, window } from 'vscode';

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
