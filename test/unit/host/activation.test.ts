/** What the extension costs a window before it is used: the built host, in a mock window. */
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { split } from '../../../scripts/split.mjs';
import { fixture } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const main = join(root, 'extension/main.ts');
const folder = await temporaryFolder();
const require = createRequire(join(folder, 'x.cjs'));
const workspace = await temporaryFolder();

interface Tree {
  getChildren(): Promise<object[]>;
}

interface Tool {
  prepareInvocation(asked: { input: object }): Promise<unknown>;
}

/** What the extension registered in the window, and showed. */
const given = {
  commands: new Map<string, (...args: unknown[]) => Promise<void>>(),
  tools: new Map<string, Tool>(),
  tree: undefined as Tree | undefined,
  contexts: new Map<string, unknown>(),
  errors: [] as string[],
};

const nothing = () => ({ dispose: () => undefined });
const uri = (path: string) => ({ scheme: 'file', path, fsPath: path });

const windowOfTest = {
  EventEmitter: class {
    event = nothing;
    fire = nothing;
    dispose = nothing;
  },
  StatusBarAlignment: { Left: 1 },
  Uri: {
    file: uri,
    joinPath: ({ fsPath }: { fsPath: string }, ...names: string[]) => uri(join(fsPath, ...names)),
  },
  l10n: { t: (text: string) => text },
  TreeItemCollapsibleState: { Collapsed: 1, Expanded: 2 },
  commands: {
    registerCommand: (id: string, run: () => Promise<void>) => (given.commands.set(id, run), nothing()),
    executeCommand: async (_command: string, name: string, value: unknown) =>
      void given.contexts.set(name, value),
  },
  lm: { registerTool: (name: string, tool: Tool) => (given.tools.set(name, tool), nothing()) },
  tasks: { registerTaskProvider: nothing },
  window: {
    createOutputChannel: () => ({
      ...nothing(),
      info: nothing,
      warn: nothing,
      error: nothing,
      show: nothing,
    }),
    createStatusBarItem: nothing,
    createTreeView: (_id: string, { treeDataProvider }: { treeDataProvider: Tree }) => {
      given.tree = treeDataProvider;
      return nothing();
    },
    registerCustomEditorProvider: nothing,
    registerWebviewPanelSerializer: nothing,
    showErrorMessage: async (message: string) => void given.errors.push(message),
    tabGroups: { activeTabGroup: {} },
    showOpenDialog: async () => undefined,
  },
  workspace: {
    isTrusted: true,
    workspaceFolders: [{ name: 'w', uri: uri(workspace) }],
    asRelativePath: (path: string) => path,
    getConfiguration: () => ({ get: () => undefined }),
    createFileSystemWatcher: () => ({
      ...nothing(),
      ...{ onDidCreate: nothing, onDidChange: nothing, onDidDelete: nothing },
    }),
    onDidChangeConfiguration: nothing,
    onDidChangeWorkspaceFolders: nothing,
    onDidGrantWorkspaceTrust: nothing,
  },
};

let metafile: Metafile;
let deactivate: () => Promise<void>;
/** What was loaded when `activate` returned. */
let atStart: string[];

beforeAll(async () => {
  ({ metafile } = await build({
    ...{
      absWorkingDir: root,
      entryPoints: { extension: main },
      outdir: folder,
      chunkNames: 'host/[name]-[hash]',
    },
    ...{ bundle: true, metafile: true, platform: 'node', external: ['vscode'] },
    outExtension: { '.js': '.cjs' },
    plugins: [split(main)],
  }));
  vi.stubGlobal('windowOfTest', windowOfTest);
  await mkdir(join(folder, 'node_modules'));
  await writeFile(join(folder, 'node_modules/vscode.js'), 'module.exports = windowOfTest;');
  await copyFile(fixture('llama/code/model.safetensors'), join(workspace, 'model.safetensors'));
  const extension = require('./extension.cjs') as {
    activate(context: object): void;
    deactivate: () => Promise<void>;
  };
  ({ deactivate } = extension);
  extension.activate({
    subscriptions: [],
    asAbsolutePath: (path: string) => join(folder, path),
    globalStorageUri: uri(join(folder, 'storage')),
    extensionUri: uri(folder),
    workspaceState: {},
  });
  atStart = loaded();
  await vi.waitUntil(() => given.contexts.get('tvq.hasCheckpoints') === true, { timeout: 30_000 });
});

afterAll(() => deactivate());

/** Files that were loaded, by their names in the build. */
const loaded = (): string[] =>
  Object.keys(require.cache)
    .filter(file => file.startsWith(folder) && !file.includes('node_modules'))
    .map(file => relative(root, file));

/** Packages in files of the build. */
const packagesIn = (files: readonly string[]): string[] => {
  const inputs = files.flatMap(file => Object.keys(metafile.outputs[file]?.inputs ?? {}));
  return [
    ...new Set(inputs.flatMap(input => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [])),
  ].sort();
};

test('a window that uses nothing waits for two files, and no package', () => {
  expect(atStart).toHaveLength(2);
  expect(packagesIn(loaded())).toEqual([]);
  expect(packagesIn(Object.keys(metafile.outputs))).toEqual(['birpc', 'vscode-jsonrpc', 'zod']);
});

test('models are shown without packages', async () => {
  expect(await given.tree?.getChildren()).toMatchObject([{ kind: 'checkpoint' }]);
  expect(packagesIn(loaded())).toEqual([]);
});

test('what is used is loaded', async () => {
  const quantize = given.tools.get('tvq_quantize_task_vectors');
  await expect(quantize?.prepareInvocation({ input: { tasks: 1 } })).rejects.toThrow('tasks');
  expect(packagesIn(loaded())).toEqual(['zod']);
});

test('what cannot be loaded is told', async () => {
  const names = await readdir(join(folder, 'host'));
  for (const name of names.filter(name => name.startsWith('verify-'))) await rm(join(folder, 'host', name));
  await given.commands.get('tvq.verify')?.();
  expect(given.errors).toEqual([expect.stringContaining('Cannot find module')]);
});
