/** How failures reach the user: one short message, the rest in the log. */
import { commands, l10n, workspace } from 'vscode';
import { CancelledError } from './engineErrors.ts';
import type { Log } from './log.ts';
import { openSettings } from './openSettings.ts';
import { RemediableError, type Remedy } from './remedy.ts';
import { settingIn } from './settingChecks.ts';
import { notifyError, notifyWarning } from './ui/notify.ts';

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Messages currently shown: a page sends several requests at once, which all fail for the same reason. */
const shown = new Set<string>();

/** Logs `error` with its cause and shows it with buttons for its remedies, for a setting that it names, and for the log.
 * Cancelling is not an error. */
export async function showError(log: Log, error: unknown): Promise<void> {
  if (error instanceof CancelledError) return;
  const message = messageOf(error);
  if (shown.has(message)) return;
  log.error(error);
  shown.add(message);
  const showLog: Remedy = { label: l10n.t('Show Log'), run: () => log.show() };
  const setting = settingIn(message);
  const remedies = [
    ...(error instanceof RemediableError ? error.remedies : []),
    ...(setting === undefined ? [] : [openSettings(setting)]),
    showLog,
  ];
  const pressed = await notifyError(message, ...remedies.map(({ label }) => label));
  shown.delete(message);
  await remedies.find(({ label }) => label === pressed)?.run();
}

/** Jobs read and write files that the workspace names, so it must be trusted. Tells the user if it is not. */
export async function checkTrust(): Promise<boolean> {
  if (workspace.isTrusted) return true;
  const manage = l10n.t('Manage Workspace Trust');
  const message = l10n.t(
    'Nothing is opened in Restricted Mode: names and sizes are shown. Trust the workspace to continue.',
  );
  const pressed = await notifyWarning(message, manage);
  if (pressed === manage) await commands.executeCommand('workbench.trust.manage');
  return false;
}
