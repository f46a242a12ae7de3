/** The parts of VS Code's window that the tests use. Selectors work with VS Code 1.99 to 1.139. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { reaches } from './reaches.ts';

const MENU_ATTEMPTS = 20;
const MENU_PAUSE_MS = 500;
const SELECT_ATTEMPTS = 5;
const PALETTE_ATTEMPTS = 6;
const PALETTE_MS = 10_000;

/** Themes by their name, with the file that the window's class names. */
export const THEMES = {
  'Light Modern': 'light_modern',
  'Dark Modern': 'dark_modern',
  'Dark High Contrast': 'hc_black',
  'Light High Contrast': 'hc_light',
} as const;

export class Workbench {
  constructor(readonly page: Page) {}

  /** Opens a folder, or a file that names several, and waits until our extension has contributed its view. */
  async open(url: string, path: string, kind: 'folder' | 'workspace' = 'folder'): Promise<void> {
    await this.page.goto(`${url}/?${kind}=${encodeURIComponent(path)}`);
    await this.page.locator('.monaco-workbench').waitFor();
    await this.page.getByRole('tab', { name: 'TVQ Studio' }).first().waitFor();
  }

  /**
   * Types into the palette until it offers the command. It lists what is enabled at the time of typing and adds nothing
   * later; and until a window is restored, VS Code treats its workspace as untrusted (WorkspaceTrustContextKeys is a
   * contribution of the phase "restored"), so our commands are disabled.
   */
  async runCommand(title: string): Promise<void> {
    // Several commands may match the typed text; only one has this exact title.
    const exact = this.page.getByText(title, { exact: true });
    const row = this.quickRow(/./).filter({ has: exact }).first();
    for (let attempt = 1; attempt <= PALETTE_ATTEMPTS; attempt++) {
      await this.openPalette(title);
      if (await reaches(row, 'visible', PALETTE_MS)) return row.click();
    }
    throw new Error(`the palette has no "${title}"`);
  }

  /** Reloads the window as people do: VS Code then saves its editors' state, which it does not when the page is left. */
  async reload(): Promise<void> {
    await this.afterReload(() => this.runCommand('Developer: Reload Window'));
  }

  /** Adds a folder to those of the window, which VS Code reloads if it had one. */
  async addFolder(path: string): Promise<void> {
    await this.afterReload(async () => {
      await this.runCommand('Workspaces: Add Folder to Workspace...');
      await this.quickTitle.filter({ hasText: 'Add Folder to Workspace' }).waitFor();
      // Text typed before the dialog lists its first folder would be appended to that folder's path.
      await this.quickRow('..').first().waitFor();
      await this.quickInput.fill(`${path}/`);
      await this.page.locator('.quick-input-widget').getByRole('button', { name: 'Add' }).click();
    });
  }

  /** Triggers a reload of the window, and waits until it is open again. */
  private async afterReload(cause: () => Promise<void>): Promise<void> {
    const left = this.page.waitForEvent('framenavigated', frame => frame === this.page.mainFrame());
    await Promise.all([left, cause()]);
    await this.page.locator('.monaco-workbench').waitFor();
  }

  /** Titles that the palette offers for the typed text. */
  async commandsFor(typed: string): Promise<string[]> {
    await this.openPalette(typed);
    await this.quickRow(/./).first().waitFor();
    const titles = await this.quickRow(/./).allInnerTexts();
    await this.page.keyboard.press('Escape');
    return titles;
  }

  /**
   * By mouse, because a focused page that is still loading passes no keys on to VS Code. In an open palette, the text
   * is replaced.
   */
  private async openPalette(typed: string): Promise<void> {
    const isOpen =
      (await this.quickInput.isVisible()) && (await this.quickInput.inputValue()).startsWith('>');
    if (isOpen) await this.quickInput.fill('>');
    else {
      // A list left open by an earlier test covers the button that opens the palette.
      if (await this.quickInput.isVisible()) await this.page.keyboard.press('Escape');
      await this.page.locator('.command-center-center').click();
    }
    await this.quickInput.fill(`>${typed}`);
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget .quick-input-box input');
  }

  get quickTitle(): Locator {
    return this.page.locator('.quick-input-title');
  }

  /**
   * Writes into the input box that asks for `prompt`, replacing its proposal. Before it replaces the previous list,
   * typed text would become that list's filter.
   */
  async write(prompt: string | RegExp, text: string): Promise<void> {
    await this.page.locator('.quick-input-message').filter({ hasText: prompt }).waitFor();
    await this.quickInput.fill(text);
  }

  quickRow(text: string | RegExp): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text });
  }

  /** Waits for a step of a multi-step quick pick, by its title including the count. */
  async step(title: RegExp): Promise<void> {
    await this.quickTitle.filter({ hasText: title }).waitFor();
  }

  /** Presses the button of a multi-step quick pick that goes to the step before. */
  async back(): Promise<void> {
    await this.page.locator('.quick-input-titlebar').getByRole('button', { name: 'Back' }).click();
  }

  treeItem(name: string | RegExp): Locator {
    return this.page.getByRole('treeitem', { name });
  }

  /** Label and description of a row in a tree view. */
  async treeRow(name: string): Promise<string> {
    const row = this.treeItem(new RegExp(`^${name}\\b`)).first();
    const label = await row.locator('.label-name').innerText();
    return `${label}: ${await row.locator('.label-description').innerText()}`;
  }

  /** A file or folder in the explorer. */
  explorerItem(name: string): Locator {
    const explorer = this.page.locator('.explorer-folders-view');
    return explorer.getByRole('treeitem', { name, exact: true });
  }

  /** Selects these and nothing else. An item that the explorer is revealing steals the selection: then it tries
   * again. */
  async select(...names: readonly string[]): Promise<void> {
    const selected = this.page.locator('.explorer-folders-view [role=treeitem][aria-selected=true]');
    for (let attempt = 1; attempt <= SELECT_ATTEMPTS; attempt++) {
      for (const [i, name] of names.entries())
        await this.explorerItem(name).click(i > 0 ? { modifiers: ['Control'] } : {});
      await this.page.waitForTimeout(MENU_PAUSE_MS);
      const found = await selected.evaluateAll(rows => rows.map(row => row.getAttribute('aria-label')));
      if (found.length === names.length && names.every(name => found.includes(name))) return;
    }
    throw new Error(`the explorer does not keep ${names.join(', ')} selected`);
  }

  async expandFolder(name: string): Promise<void> {
    await this.bringFolder(name, true);
  }

  async collapseFolder(name: string): Promise<void> {
    await this.bringFolder(name, false);
  }

  /** The explorer forgets a click on a folder that it is just reading again, as files in it have changed. */
  private async bringFolder(name: string, expanded: boolean): Promise<void> {
    const folder = this.explorerItem(name);
    const there = folder.and(this.page.locator(`[aria-expanded=${expanded}]`));
    await folder.waitFor();
    for (let attempt = 1; attempt <= MENU_ATTEMPTS; attempt++) {
      if (await there.isVisible()) return;
      await folder.click();
      await reaches(there, 'visible', attempt * MENU_PAUSE_MS);
    }
    throw new Error(`the explorer does not ${expanded ? 'expand' : 'collapse'} ${name}`);
  }

  async renameInExplorer(name: string, other: string): Promise<void> {
    await this.contextMenu(this.explorerItem(name), 'Rename...');
    const input = this.page.locator('.explorer-item-edited input');
    await input.fill(other);
    await input.press('Enter');
    await this.explorerItem(other).waitFor();
  }

  dialogButton(name: string): Locator {
    return this.page.locator('.monaco-dialog-box').getByRole('button', { name });
  }

  async showView(name: 'Explorer' | 'TVQ Studio'): Promise<void> {
    const tab = this.page.getByRole('tab', { name: new RegExp(`^${name}`) }).first();
    if ((await tab.getAttribute('aria-expanded')) !== 'true') await tab.click();
  }

  /**
   * Opens the menu again and again until it has the entry, enabled: entries appear once the extension has searched the
   * workspace, and are enabled once the window is restored (see runCommand); an open menu does not change.
   */
  async contextMenu(target: Locator, entry: string): Promise<void> {
    const item = this.menu.getByRole('menuitem', { name: entry });
    for (let attempt = 1; attempt <= MENU_ATTEMPTS; attempt++) {
      await target.click({ button: 'right' });
      await this.menu.getByRole('menuitem').first().waitFor();
      if ((await item.isVisible()) && (await item.isEnabled())) return this.pressMenuItem(item);
      await this.closeMenu();
      await this.page.waitForTimeout(MENU_PAUSE_MS);
    }
    throw new Error(`the context menu has no "${entry}"`);
  }

  /** The open context menu. The button of the menu bar, always in view, is an item of a menu too. */
  private get menu(): Locator {
    return this.page.locator('.monaco-menu-container');
  }

  /** A menu that is still being opened may miss a key. */
  private async closeMenu(): Promise<void> {
    for (let attempt = 1; attempt <= MENU_ATTEMPTS; attempt++) {
      await this.page.keyboard.press('Escape');
      if (await reaches(this.menu, 'hidden', MENU_PAUSE_MS)) return;
    }
    throw new Error('the context menu stays open');
  }

  /** A menu ignores a click in its first moments, as part of the click that opened it. */
  private async pressMenuItem(item: Locator): Promise<void> {
    while (await item.isVisible()) {
      await this.page.waitForTimeout(MENU_PAUSE_MS);
      if (await item.isVisible()) await item.click();
    }
  }

  /**
   * Waits for a notification, and until no progress is shown any more. VS Code shows a job's progress for 0.8 s even if
   * the job was quicker: when it disappears, notifications move, so a click on a button may miss; and only three
   * notifications within 0.8 s are shown, so that the next job's result could be missing.
   */
  async notification(text: string | RegExp): Promise<Locator> {
    const items = this.page.locator('.notification-list-item');
    const found = items.filter({ hasText: text });
    await found.waitFor();
    await items.locator('.monaco-progress-container.active').first().waitFor({ state: 'hidden' });
    return found;
  }

  /** The page of the active custom editor. */
  get inspector(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready >> visible=true').frameLocator('#active-frame');
  }

  /** Switches the colour theme and waits until the window has it. */
  async setTheme(theme: keyof typeof THEMES): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.quickInput.fill(theme);
    await this.quickRow(theme).first().click();
    await this.page.locator(`.monaco-workbench[class*='-${THEMES[theme]}-json']`).waitFor();
  }
}
