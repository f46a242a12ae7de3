import { commands, env, l10n, workspace } from 'vscode';
import type { Remedy } from './remedy.ts';

/** The way to one setting, in the editor's page for where it is set: the others do not list it. */
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
