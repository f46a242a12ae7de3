/** What the tests in a real VS Code need on this machine, and the package they test. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { needs } from '../../needs.ts';
import { findBrowser, findCodeServer } from '../../provision/find.mjs';
import { Session } from './session.ts';

export interface SessionExtras {
  /** Folders of other extensions to install. */
  readonly others?: readonly string[];
  /** The editor's language; our translated texts are in brackets. */
  readonly language?: string;
}

const ROOT = join(import.meta.dirname, '../../..');
/** For people to look at; ignored by git. */
const SCREENSHOTS = join(ROOT, 'test/e2e/screenshots');

const { chromium } = await findBrowser();
const program = await findCodeServer();

/** Leaves out a suite if there is no browser or no VS Code for it; `node test/provision.mjs` installs both. */
export const IN_VSCODE = needs('Chromium or no code-server', chromium !== undefined && program !== undefined);

/** One session for the tests of a `describe`; a test that fails leaves a screenshot. */
export function useSession(
  restricted: boolean,
  { others = [], language }: SessionExtras = {},
): () => Session {
  let folder: string | undefined;
  let session: Session | undefined;
  const current = (): Session => {
    if (session === undefined) throw new Error('the session has not started');
    return session;
  };
  beforeAll(async () => {
    const extensions = inject('extensions');
    if (chromium === undefined || program === undefined || extensions === undefined)
      throw new Error('there is no VS Code');
    const made = (folder = await mkdtemp(join(tmpdir(), 'tvq-e2e-others-')));
    const packages = others.map(other => packageOther(other, made));
    session = await Session.start({ chromium, program, extensions, others: packages, restricted, language });
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
