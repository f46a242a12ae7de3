/** What the tests in a real VS Code need on this machine, and a window for each of them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { needs } from '../../needs.ts';
import { findBrowser, findCodeServer } from '../../provision/find.mjs';
import { startBrowser } from './browser.ts';
import { Server, type ServerOptions } from './server.ts';
import { Session } from './session.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** For people to look at; ignored by git. */
const SCREENSHOTS = join(ROOT, 'test/e2e/screenshots');

const { chromium } = await findBrowser();
const program = await findCodeServer();

/** Leaves out a suite if there is no browser or no VS Code for it; `node test/provision.mjs` installs both. */
export const IN_VSCODE = needs('Chromium or no code-server', chromium !== undefined && program !== undefined);

/** One for all test files of this process: what a window loads is then in the browser's cache for the next. */
let browser: Promise<BrowserContext> | undefined;

/**
 * A window for the tests of a `describe`, with a workspace of its own; a test that fails leaves a screenshot.
 * @param own asks for a server of its own that is unlike the shared one
 */
export function useSession(own?: Pick<ServerOptions, 'restricted' | 'language'>): () => Session {
  let server: Server | undefined;
  let session: Session | undefined;
  const current = (): Session => {
    if (session === undefined) throw new Error('the session has not started');
    return session;
  };
  beforeAll(async () => {
    const shared = inject('vscode');
    if (chromium === undefined || program === undefined || shared === undefined)
      throw new Error('there is no VS Code');
    browser ??= startBrowser(chromium);
    if (own) server = await Server.start({ program, extensions: shared.extensions, ...own });
    session = await Session.open(await browser, server?.place ?? shared.server);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await shoot(current(), `failed ${task.name}`);
  });
  afterAll(async () => {
    await session?.close();
    await server?.stop();
  });
  return current;
}

export async function shoot(session: Session, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  const path = join(SCREENSHOTS, `${name.replace(/[^\w.]+/g, '-')}.png`);
  await session.workbench.page.screenshot({ path });
}
