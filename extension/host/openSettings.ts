import { commands, env, l10n, workspace } from 'vscode';
import type { Remedy } from './remedy.ts';

/** Opens one setting, on the settings page of the scope where it is set: other pages do not list it. */
export const openSettings = (name: string): Remedy => ({
  label: l10n.t('Open Settings'),
  run: () => {
    const { workspaceValue, workspaceFolderValue } = workspace.getConfiguration().inspect(name) ?? {};
    const isOfWorkspace = workspaceValue !== undefined || workspaceFolderValue !== undefined;
    const page = isOfWorkspace
      ? 'openWorkspaceSettings'
      : env.remoteName === undefined
        ? 'openSettings'
        : 'openRemoteSettings';
    return commands.executeCommand(`workbench.action.${page}`, { query: `@id:${name}` });
  },
});
