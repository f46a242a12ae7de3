/** What all tests in a real VS Code share: our package, installed once, and a server for most of them. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packageExtension } from '../../../scripts/package.mjs';
import { findCodeServer } from '../../provision/find.mjs';
import { installExtensions, Server, type ServerPlace } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** undefined: there is no VS Code. */
    vscode: SharedVscode | undefined;
  }
}

interface SharedVscode {
  /** The folder of VS Code's extensions, with ours. */
  readonly extensions: string;
  /** A server for trusted folders, in English. */
  readonly server: ServerPlace;
}

const ROOT = join(import.meta.dirname, '../../..');
/** Other extensions that tests call. */
const OTHERS = ['elsewhere', 'toolCaller'].map(name => join(import.meta.dirname, '..', name));

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const program = await findCodeServer();
  if (program === undefined) {
    project.provide('vscode', undefined);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'tvq-e2e-package-'));
  const ours = join(folder, 'tvq-studio.vsix');
  const extensions = join(folder, 'extensions');
  await packageExtension(`${process.platform}-${process.arch}`, ours);
  const packages = [ours, ...OTHERS.map(other => packageOther(other, folder))];
  installExtensions(program, extensions, packages, folder);
  const server = await Server.start({ program, extensions, restricted: false, language: undefined });
  project.provide('vscode', { extensions, server: server.place });
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

function packageOther(source: string, folder: string): string {
  const out = join(folder, `${basename(source)}.vsix`);
  const vsce = join(ROOT, 'node_modules', '@vscode', 'vsce', 'vsce');
  const args = ['package', '--out', out, '--no-dependencies', '--allow-missing-repository', '--skip-license'];
  const { status, stderr } = spawnSync(process.execPath, [vsce, ...args], { cwd: source, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${source} could not be packaged: ${stderr}`);
  return out;
}
