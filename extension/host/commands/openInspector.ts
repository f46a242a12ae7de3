import { commands, Uri } from 'vscode';
import { INSPECTOR_VIEW_TYPE } from '../editors/inspectorEditor.ts';
import type { Run } from './command.ts';
import { tvqArgument } from './selection.ts';

/** Opens a .tvq file in its editor, even if another editor (hex, text) is open for it. */
export const run: Run = async (_services, ...args) => {
  const [clicked] = args;
  const path = clicked instanceof Uri ? undefined : await tvqArgument(args);
  const uri = clicked instanceof Uri ? clicked : path === undefined ? undefined : Uri.file(path);
  if (uri) await commands.executeCommand('vscode.openWith', uri, INSPECTOR_VIEW_TYPE);
};
