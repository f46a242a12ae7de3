import { l10n, Uri, window } from 'vscode';

/** Asks for the folder of a merged model. */
export async function chooseOutput(proposed: string): Promise<string | undefined> {
  const chosen = await window.showSaveDialog({
    defaultUri: Uri.file(proposed),
    saveLabel: l10n.t('Merge Here'),
    title: l10n.t('Name the folder for the merged model'),
  });
  return chosen?.fsPath;
}
