/** The browser in which VS Code's windows are. */
import { chromium, type BrowserContext } from 'playwright-core';

/** --disable-gpu: the pages draw with plain 2D canvas, and without a GPU the browser starts faster with it. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];

/** @param executablePath path of the browser; it ends with this process */
export async function startBrowser(executablePath: string): Promise<BrowserContext> {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  return browser.newContext({ viewport: { width: 1280, height: 800 } });
}
