/** Server, browser and workspace together, and the browser's complaints. */
import { chromium, type Browser, type Page } from 'playwright-core';
import { Server, type ServerOptions } from './server.ts';
import { settled } from './settled.ts';
import { Workbench } from './workbench.ts';
import { Workspace } from './workspace.ts';

export interface SessionOptions extends ServerOptions {
  /** Path of the browser. */
  readonly chromium: string;
}

/** --disable-gpu: the pages draw with plain 2D canvas, and without a GPU the browser starts faster with it. */
const BROWSER_FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
const TIMEOUT_MS = 30_000;
/** A window loads megabytes of scripts and starts processes: much longer than any step in it takes. */
const WINDOW_TIMEOUT_MS = 120_000;

export class Session {
  /** Console errors and policy violations that our own pages and code caused. */
  readonly complaints: string[] = [];

  private constructor(
    readonly workspace: Workspace,
    readonly workbench: Workbench,
    private readonly server: Server,
    private readonly browser: Browser,
  ) {}

  static async start(options: SessionOptions): Promise<Session> {
    const [workspace, server, browser] = await Promise.all([
      Workspace.create(),
      Server.start(options),
      chromium.launch({ executablePath: options.chromium, args: BROWSER_FLAGS }),
    ]);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const session = new Session(workspace, new Workbench(page), server, browser);
    session.listen(page);
    try {
      await session.comesUp(() => session.workbench.open(server.url, workspace.root));
    } catch (error) {
      await session.stop();
      throw error;
    }
    return session;
  }

  /** Reloads the window, and waits until it is open again. */
  async reload(): Promise<void> {
    await this.comesUp(() => this.workbench.reload());
  }

  /** Opens a workspace of several folders in the same window; watching begins some time after. */
  async openWorkspace(file: string): Promise<void> {
    await this.workbench.open(this.server.url, file, 'workspace');
  }

  /** Process ids of the engines started by its windows. */
  engines(): Promise<number[]> {
    return this.server.engines();
  }

  /** A second window with the same folder. */
  async secondWindow(): Promise<Workbench> {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(WINDOW_TIMEOUT_MS);
    const workbench = new Workbench(page);
    await workbench.open(this.server.url, this.workspace.root);
    page.setDefaultTimeout(TIMEOUT_MS);
    return workbench;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await this.workspace.remove();
  }

  private async comesUp(start: () => Promise<void>): Promise<void> {
    const { page } = this.workbench;
    page.setDefaultTimeout(WINDOW_TIMEOUT_MS);
    await start();
    await settled(this.workbench, this.workspace);
    page.setDefaultTimeout(TIMEOUT_MS);
  }

  private listen(page: Page): void {
    page.on('console', message => {
      const text = `${message.text()} (${message.location().url})`;
      if (message.type() === 'error' && isOurs(text)) this.complaints.push(text);
    });
    page.on('pageerror', error => {
      if (isOurs(error.stack ?? '')) this.complaints.push(error.stack ?? error.message);
    });
  }
}

/** VS Code's own console is noisy (extension gallery, sign-in); ours are messages that name us or break a page's
 * policy. */
function isOurs(text: string): boolean {
  return /tvq|inspector\.(js|css)|Content Security Policy/i.test(text);
}
