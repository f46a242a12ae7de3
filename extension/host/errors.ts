/** How failures reach the user: one short message, the rest in the log. */
import { commands, l10n, workspace } from 'vscode';
import { CancelledError } from './engineProcess.ts';
import type { Log } from './log.ts';
import { notifyError, notifyWarning } from './ui/notify.ts';

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Logs `error` with its cause and shows it with a way to the log. Cancelling is not an error. */
export async function showError(log: Log, error: unknown): Promise<void> {
  if (error instanceof CancelledError) return;
  log.error(error);
  const showLog = l10n.t('Show Log');
  const pressed = await notifyError(messageOf(error), showLog);
  if (pressed === showLog) log.show();
}

/** Running reads and writes files the workspace names: it needs a trusted one. Tells the user when it is not. */
export async function checkTrust(): Promise<boolean> {
  if (workspace.isTrusted) return true;
  const manage = l10n.t('Manage Workspace Trust');
  const message = l10n.t(
    'Nothing is opened in Restricted Mode: names and sizes are shown. Trust the workspace to go on.',
  );
  const pressed = await notifyWarning(message, manage);
  if (pressed === manage) await commands.executeCommand('workbench.trust.manage');
  return false;
}
