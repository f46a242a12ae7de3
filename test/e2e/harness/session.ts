/** A window with its workspace, and the browser's complaints. */
import type { BrowserContext, Page } from 'playwright-core';
import { descendantsRunning } from './processTree.ts';
import type { ServerPlace } from './server.ts';
import { settled } from './settled.ts';
import { Workbench } from './workbench.ts';
import { Workspace } from './workspace.ts';

const TIMEOUT_MS = 30_000;
/** A window loads megabytes of scripts and starts processes: much longer than any step in it takes. */
const WINDOW_TIMEOUT_MS = 120_000;

export class Session {
  /** Console errors and policy violations that our own pages and code caused. */
  readonly complaints: string[] = [];

  private constructor(
    readonly workspace: Workspace,
    readonly workbench: Workbench,
    private readonly browser: BrowserContext,
    private readonly server: ServerPlace,
  ) {}

  /** Opens a window with a new workspace. */
  static async open(browser: BrowserContext, server: ServerPlace): Promise<Session> {
    const [workspace, page] = await Promise.all([Workspace.create(), browser.newPage()]);
    const session = new Session(workspace, new Workbench(page), browser, server);
    session.listen(page);
    try {
      await session.comesUp(() => session.workbench.open(server.url, workspace.root));
    } catch (error) {
      await session.close();
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

  /** Process ids of the engines started by the server's windows. */
  engines(): Promise<number[]> {
    return descendantsRunning(this.server.pid, 'engine.mjs');
  }

  /** A second window with the same folder. */
  async secondWindow(): Promise<Workbench> {
    const page = await this.browser.newPage();
    page.setDefaultTimeout(WINDOW_TIMEOUT_MS);
    const workbench = new Workbench(page);
    await workbench.open(this.server.url, this.workspace.root);
    page.setDefaultTimeout(TIMEOUT_MS);
    return workbench;
  }

  async close(): Promise<void> {
    await this.workbench.page.close();
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
