/** What the tests in a real VS Code need on this machine, and the package they test. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { packageExtension } from '../../../extension/package.mjs';
import { provision } from '../../provision.mjs';
import type { CodeServer } from './server.ts';
import { Session } from './session.ts';

export interface Programs {
  readonly chromium: string;
  readonly program: CodeServer;
}

export interface SessionExtras {
  /** Folders of extensions that are installed beside ours. */
  readonly others?: readonly string[];
  /** The editor's language, in which our texts stand in brackets. */
  readonly language?: string;
}

const ROOT = join(import.meta.dirname, '../../..');
/** For people to look at; git ignores it. */
const SCREENSHOTS = join(ROOT, 'test/e2e/screenshots');

/** undefined, with the reason on the console, where there is no browser or no VS Code for it. */
export async function findPrograms(): Promise<Programs | undefined> {
  const { chromium, codeServer, missing } = await provision();
  if (chromium && codeServer) return { chromium, program: codeServer };
  for (const line of missing) console.warn(line);
  return undefined;
}

/** One session for the tests of a `describe`; a test that fails leaves a screenshot. */
export function useSession(
  programs: Programs | undefined,
  restricted: boolean,
  { others = [], language }: SessionExtras = {},
): () => Session {
  let folder: string;
  let session: Session | undefined;
  const current = (): Session => {
    if (session === undefined) throw new Error('the session has not started');
    return session;
  };
  beforeAll(async () => {
    if (programs === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'tvq-e2e-package-'));
    const packages = [await packageVsix(folder), ...others.map(other => packageOther(other, folder))];
    session = await Session.start({ ...programs, packages, restricted, language });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(current(), `failed ${task.name}`);
  });
  afterAll(async () => {
    await session?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return current;
}

/** Packages dist/ for this machine. */
async function packageVsix(folder: string): Promise<string> {
  const vsix = join(folder, 'tvq-studio.vsix');
  await packageExtension(`${process.platform}-${process.arch}`, vsix);
  return vsix;
}

function packageOther(source: string, folder: string): string {
  const out = join(folder, `${basename(source)}.vsix`);
  const vsce = join(ROOT, 'node_modules', '@vscode', 'vsce', 'vsce');
  const args = ['package', '--out', out, '--no-dependencies', '--allow-missing-repository', '--skip-license'];
  const { status, stderr } = spawnSync(process.execPath, [vsce, ...args], { cwd: source, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${source} could not be packaged: ${stderr}`);
  return out;
}

export async function shoot(session: Session, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  const path = join(SCREENSHOTS, `${name.replace(/[^\w.]+/g, '-')}.png`);
  await session.workbench.page.screenshot({ path });
}
