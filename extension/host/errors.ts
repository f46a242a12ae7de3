/** How failures reach the user: one short message, the rest in the log. */
import { commands, l10n, window, workspace, type LogOutputChannel } from 'vscode';
import { CancelledError } from './engineProcess.ts';

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Logs `error` with its cause and shows it with a way to the log. Cancelling is not an error. */
export async function showError(log: LogOutputChannel, error: unknown): Promise<void> {
  if (error instanceof CancelledError) return;
  log.error(error instanceof Error ? error : String(error));
  const showLog = l10n.t('Show Log');
  const pressed = await window.showErrorMessage(messageOf(error), showLog);
  if (pressed === showLog) log.show();
}

/** Running reads and writes files the workspace names: it needs a trusted one. Tells the user when it is not. */
export async function checkTrust(): Promise<boolean> {
  if (workspace.isTrusted) return true;
  const manage = l10n.t('Manage Workspace Trust');
  const message = l10n.t(
    'Quantizing, merging, restoring and verifying are off in Restricted Mode. Viewing works.',
  );
  const pressed = await window.showWarningMessage(message, manage);
  if (pressed === manage) await commands.executeCommand('workbench.trust.manage');
  return false;
}
