/** Calls the tool named by call.json in the workspace, and writes the outcome to answer.json beside it. */
import * as vscode from 'vscode';

export function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand('toolCaller.call', async () => {
      const { uri } = vscode.workspace.workspaceFolders[0];
      const { fs } = vscode.workspace;
      const call = JSON.parse(Buffer.from(await fs.readFile(vscode.Uri.joinPath(uri, 'call.json'))));
      const answer = JSON.stringify(await answerTo(call));
      await fs.writeFile(vscode.Uri.joinPath(uri, 'answer.json'), Buffer.from(answer));
    }),
  );
}

async function answerTo({ name, input }) {
  try {
    const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
    return { text: content.map(({ value }) => value).join('') };
  } catch (error) {
    return { error: String(error.message) };
  }
}
