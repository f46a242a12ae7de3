/** Events in VS Code around a job, a setting and a file: something ends, is wrong, or is elsewhere. */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inspect, tvq } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { expected, InspectorPage } from './harness/inspectorPage.ts';
import { reaches } from './harness/reaches.ts';
import { LongJob, writeBigModels } from './harness/longJob.ts';

describe('the life of', IN_VSCODE, () => {
  const session = useSession();
  const page = () => new InspectorPage(session().workbench.inspector);
  const path = (...parts: string[]) => session().workspace.path(...parts);
  const note = (text: string | RegExp) =>
    session().workbench.page.locator('.notification-list-item').filter({ hasText: text }).last();
  const clear = () => session().workbench.runCommand('Notifications: Clear All Notifications');

  const quantize = (bits: number) =>
    tvq(
      'quantize',
      ...['--base', path('models/base'), '--task', `code=${path('models/code')}`],
      ...['-o', path('small.tvq'), '--scheme', 'tvq', '--bits', String(bits), '--overwrite'],
    );

  beforeAll(async () => {
    await writeBigModels(session());
  });
  afterEach(async () => {
    // A failed test leaves a paused engine.
    for (const engine of await session().engines()) process.kill(engine, 'SIGCONT');
  });

  it('a job whose engine is killed, is killed again, and hangs when it is cancelled', async () => {
    const { workbench } = session();
    const job = new LongJob(session(), 'big-tvq-int4.tvq');
    await job.ask();
    const first = await job.held();
    process.kill(first, 'SIGKILL');
    const second = await job.held();
    process.kill(second, 'SIGKILL');
    await note('stopped again').waitFor();
    await shoot(session(), 'engine killed twice');
    expect(await note('stopped again').innerText()).toContain('SIGKILL');
    await job.gone(second);
    await note('stopped again').getByRole('button', { name: 'Start Again' }).click();
    const third = await job.held();
    await note('Quantizing to').getByRole('button', { name: 'Cancel' }).click();
    await job.gone(third);
    await note('Quantizing to').waitFor({ state: 'hidden' });
    expect((await readdir(path('big'))).sort()).toEqual(['base', 'tuned']);
    expect(await workbench.page.locator('.notification-list-item').allInnerTexts()).toEqual([]);
  });

  it('a job whose name is taken by another window, and while it runs', async () => {
    const { workbench } = session();
    const job = new LongJob(session(), 'big-tvq-int4.tvq');
    await job.ask();
    const engine = await job.held();
    const other = await session().secondWindow();
    await job.ask(other);
    await other.page.locator('.monaco-dialog-box').filter({ hasText: 'by another window' }).waitFor();
    await other.page.screenshot({ path: join(import.meta.dirname, 'screenshots', 'two-windows.png') });
    await other.dialogButton('Write to big-tvq-int4-2.tvq').click();
    await other.page
      .locator('.notification-list-item')
      .filter({ hasText: 'Wrote big-tvq-int4-2.tvq' })
      .waitFor({ timeout: 90_000 });
    await other.page.close();
    await writeFile(path('big/big-tvq-int4.tvq'), 'of somebody else');
    process.kill(engine, 'SIGCONT');
    await note('Wrote big-tvq-int4-3.tvq').waitFor({ timeout: 90_000 });
    const wrote = await workbench.notification('Wrote big-tvq-int4-3.tvq');
    await shoot(session(), 'name taken meanwhile');
    expect(await wrote.innerText()).toContain('big-tvq-int4.tvq was taken while this ran');
    expect(await readFile(path('big/big-tvq-int4.tvq'), 'utf8')).toBe('of somebody else');
    expect(inspect(path('big/big-tvq-int4-3.tvq')).tasks).toHaveLength(1);
    for (const name of ['', '-2', '-3']) await rm(path(`big/big-tvq-int4${name}.tvq`));
    await clear();
  });

  it('a job whose window is reloaded', async () => {
    const job = new LongJob(session(), 'big-tvq-int4.tvq');
    await job.ask();
    const engine = await job.held();
    await session().reload();
    await note('its window was closed or reloaded').waitFor({ timeout: 90_000 });
    await shoot(session(), 'window reloaded');
    expect(await note('its window was closed').innerText()).toContain('Nothing was written');
    await job.gone(engine);
    await note('its window was closed').getByRole('button', { name: 'Start Again' }).click();
    const again = await job.held();
    await note('Quantizing to').getByRole('button', { name: 'Cancel' }).click();
    await job.gone(again);
    await clear();
  });

  it('a setting of a wrong type', async () => {
    const { workbench } = session();
    await mkdir(path('.vscode'), { recursive: true });
    const file = path('.vscode/settings.json');
    await writeFile(file, JSON.stringify({ 'tvq.threads': '4', 'tvq.allowNonfinite': 'yes' }));
    const wrong = note('The setting tvq.threads is "4"; write a whole number');
    await expect
      .poll(
        async () => {
          await workbench.page.keyboard.press('Escape');
          await workbench.showView('Explorer');
          await workbench.contextMenu(workbench.explorerItem('models'), 'Quantize Task Vectors');
          return reaches(wrong, 'visible', 10_000);
        },
        { timeout: 90_000 },
      )
      .toBe(true);
    await shoot(session(), 'wrong setting');
    await wrong.getByRole('button', { name: 'Open Settings' }).click();
    const setting = workbench.page.locator('.settings-editor .setting-item-label', { hasText: 'Threads' });
    await setting.waitFor();
    await shoot(session(), 'settings opened');
    await workbench.page.keyboard.press('Escape');
    await setting.waitFor({ state: 'hidden' });
    // Not removed: VS Code may be reading it, and would report on the console that it is missing.
    await writeFile(file, '{}');
    await clear();
  });

  it('a .tvq file of Source Control, or of another file system', async () => {
    const { workbench } = session();
    quantize(2);
    const head = inspect(path('small.tvq'));
    const git = (...args: string[]) => spawnSync('git', ['-C', path(), ...args]);
    git('init', '-q');
    git('add', 'small.tvq');
    git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'small');
    quantize(6);
    await workbench.runCommand('Open From Git');
    await page().loaded();
    expect(await page().shown()).toEqual(expected(head));
    await page().lookInto();
    await shoot(session(), 'inspector of a commit');
    await workbench.runCommand('Open From Memory');
    await expect.poll(() => page().shown()).toEqual(expected(inspect(path('small.tvq'))));
    await workbench.runCommand('Open Large From Memory');
    await expect.poll(() => page().error()).toContain('memory:/large.tvq: 68.2 MB is too large');
    await shoot(session(), 'inspector of a large file elsewhere');
    await workbench.runCommand('Restore From Memory');
    await note('memory:/small.tvq is not on a disk of this machine').waitFor();
    await shoot(session(), 'restore from elsewhere');
  });

  it('causes no error in the console but those that were shown', () => {
    const shown = /engine stopped unexpectedly|The setting tvq|is not on a disk of this machine/;
    expect(session().complaints.filter(text => !shown.test(text))).toEqual([]);
  });

  // At the end: VS Code then restarts, and prints its own cancelled reads to the console.
  it('a job whose window gets another folder', async () => {
    const { workbench } = session();
    const job = new LongJob(session(), 'big-tvq-int4.tvq');
    await job.ask();
    const engine = await job.held();
    await workbench.addFolder(path('models'));
    const told = note('its window was closed or reloaded');
    await told.waitFor({ timeout: 90_000 });
    await shoot(session(), 'folder added');
    expect(await told.innerText()).toContain('Nothing was written');
    await job.gone(engine);
    expect((await readdir(path('big'))).sort()).toEqual(['base', 'tuned']);
  });
});
