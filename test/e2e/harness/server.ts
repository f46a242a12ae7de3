/** A real VS Code (code-server) with our packaged extension, in fresh folders. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutNpm } from '../../provision/environment.mjs';
import type { CodeServer } from '../../provision/find.mjs';
import { killTree } from './processTree.ts';

export interface ServerOptions {
  readonly program: CodeServer;
  /** A folder of installed extensions, including ours; the server uses a copy. */
  readonly extensions: string;
  /** Asks for trust and starts workspaces in Restricted Mode. */
  readonly restricted: boolean;
  /** The editor's language; our texts are then in brackets. undefined: English. */
  readonly language: string | undefined;
}

const START_TIMEOUT_MS = 60_000;

/** Quiet and reproducible: nothing that opens by itself, asks, or looks for updates. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.experimentalOnboarding': false,
  'workbench.reduceMotion': 'on',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'window.autoDetectColorScheme': false,
  'security.workspace.trust.startupPrompt': 'never',
};

/** Where a server is; plain data, so that it can be passed to other processes. */
export interface ServerPlace {
  readonly url: string;
  readonly pid: number;
}

export class Server {
  private constructor(
    readonly place: ServerPlace,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start({
    program,
    extensions: installed,
    restricted,
    language,
  }: ServerOptions): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'tvq-e2e-server-'));
    const user = join(folder, 'user');
    await mkdir(join(user, 'User'), { recursive: true });
    const settings = { ...SETTINGS, 'security.workspace.trust.enabled': restricted };
    await writeFile(join(user, 'User', 'settings.json'), JSON.stringify(settings));
    const extensions = join(folder, 'extensions');
    const env = environment(folder);
    await cp(installed, extensions, { recursive: true });
    if (language !== undefined) {
      await addLanguage(user, language);
      await translate(extensions, language);
    }
    const port = await freePort();
    const child = spawn(
      program.node,
      [
        program.entry,
        ...['--user-data-dir', user, '--extensions-dir', extensions],
        ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--config', join(folder, 'config.yaml')],
        ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
        ...(restricted ? [] : ['--disable-workspace-trust']),
        ...(language === undefined ? [] : ['--locale', language]),
      ],
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    await listening(child);
    // Cookies and secure contexts need the name, not the address.
    return new Server({ url: `http://localhost:${port}`, pid: child.pid as number }, child, folder);
  }

  async stop(): Promise<void> {
    await killTree(this.child);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Installs .vsix files into a folder of extensions. @param home for whatever else the editor writes */
export function installExtensions(
  { node, entry }: CodeServer,
  extensions: string,
  packages: readonly string[],
  home: string,
): void {
  const places = ['--user-data-dir', join(home, 'user'), '--extensions-dir', extensions];
  const files = packages.flatMap(file => ['--install-extension', file]);
  const options = { env: environment(home), encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(node, [entry, ...places, ...files], options);
  if (status !== 0) throw new Error(`the extensions could not be installed: ${stderr}`);
}

/** Makes the editor know a language, as an installed language pack does; its own texts stay English. */
async function addLanguage(user: string, language: string): Promise<void> {
  const vscode = join(user, `${language}.json`);
  await writeFile(vscode, JSON.stringify({ contents: {} }));
  const extension = { extensionIdentifier: { id: 'tests.language-pack' }, version: '1.0.0' };
  const pack = { hash: 'tests', extensions: [extension], translations: { vscode }, label: language };
  await writeFile(join(user, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}

/** Gives the installed extension a translation, as a translator would. */
async function translate(extensions: string, language: string): Promise<void> {
  const ours = (await readdir(extensions)).find(name => name.startsWith('tvq-studio.tvq-studio'));
  if (ours === undefined) throw new Error(`the extension is not in ${extensions}`);
  const folder = join(extensions, ours, 'extension', 'l10n');
  const texts = JSON.parse(await readFile(join(folder, 'bundle.l10n.json'), 'utf8')) as object;
  const translated = Object.fromEntries(Object.keys(texts).map(text => [text, `⟦${text}⟧`]));
  await writeFile(join(folder, `bundle.l10n.${language}.json`), JSON.stringify(translated));
}

/** Our environment without variables of an outer npm or editor, whose own make a server open files in that editor. */
function environment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(withoutNpm(process.env)).filter(
    ([name]) => !/^(VSCODE_|NODE_OPTIONS|VITEST)/.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: home, VSCODE_IPC_HOOK_CLI: '' };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  return port;
}

async function listening(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`code-server ${why}:\n${said}`));
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
    child.once('exit', () => fail('ended'));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (!said.includes('HTTP server listening on')) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
}
