import { commands, Uri, workspace } from 'vscode';

/** Selects a file in the explorer, or in the system's file manager when it is outside the workspace. */
export async function reveal(path: string): Promise<void> {
  const uri = Uri.file(path);
  const command = workspace.getWorkspaceFolder(uri) ? 'revealInExplorer' : 'revealFileInOS';
  await commands.executeCommand(command, uri);
}
