import { commands, Uri } from 'vscode';
import { INSPECTOR_VIEW_TYPE } from '../editors/inspectorEditor.ts';
import type { Command } from './command.ts';
import { tvqArgument } from './selection.ts';

/** Opens a .tvq file in its editor, also where another one (hex, text) is in front. */
export const openInspector: Command = {
  id: 'tvq.openInspector',
  needsTrust: false,
  async run(_services, ...args) {
    const path = await tvqArgument(args);
    if (path === undefined) return;
    await commands.executeCommand('vscode.openWith', Uri.file(path), INSPECTOR_VIEW_TYPE);
  },
};
