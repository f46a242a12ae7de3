/** A file system in memory that has the workspace's small.tvq, and ways to open files that are not on disk. */
import * as vscode from 'vscode';

const LARGE = 65 * 2 ** 20;
const small = () => vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, 'small.tvq');
const inMemory = name => vscode.Uri.from({ scheme: 'memory', path: `/${name}.tvq` });
const refuse = () => {
  throw vscode.FileSystemError.NoPermissions();
};

const memory = {
  onDidChangeFile: new vscode.EventEmitter().event,
  watch: () => new vscode.Disposable(() => undefined),
  stat: async ({ path }) =>
    path === '/large.tvq'
      ? { type: vscode.FileType.File, ctime: 0, mtime: 0, size: LARGE }
      : vscode.workspace.fs.stat(small()),
  readFile: async () => vscode.workspace.fs.readFile(small()),
  readDirectory: () => [],
  createDirectory: refuse,
  writeFile: refuse,
  delete: refuse,
  rename: refuse,
};

export function activate(context) {
  const open = uri => vscode.commands.executeCommand('vscode.openWith', uri, 'tvq.inspector');
  const commands = {
    memory: () => open(inMemory('small')),
    large: () => open(inMemory('large')),
    restore: () => vscode.commands.executeCommand('tvq.restore', inMemory('small')),
    git: async () => {
      const git = await vscode.extensions.getExtension('vscode.git').activate();
      await open(git.getAPI(1).toGitUri(small(), 'HEAD'));
    },
  };
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider('memory', memory, { isReadonly: true }),
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`elsewhere.${name}`, run),
    ),
  );
}
