import { commands, l10n } from 'vscode';
import type { Remedy } from './remedy.ts';

/** The way to one setting. */
export const openSettings = (name: string): Remedy => ({
  label: l10n.t('Open Settings'),
  run: () => commands.executeCommand('workbench.action.openSettings', `@id:${name}`),
});
