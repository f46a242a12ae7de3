/** From a .tvq file in the editor back to the Studio, with the file's models and settings. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inspect, tvq } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { InspectorPage } from './harness/inspectorPage.ts';
import { StudioPage } from './harness/studioPage.ts';

describe('a file that is quantized again', IN_VSCODE, () => {
  const session = useSession();
  const frame = () => session().workbench.inspector;
  const studio = () => new StudioPage(frame());
  let elsewhere: string | undefined;
  afterAll(async () => {
    if (elsewhere !== undefined) await rm(elsewhere, { recursive: true, force: true });
  });

  /** Writes a file beside the models, with its own task names, and opens it. */
  async function openFile(name: string, ...settings: string[]): Promise<string> {
    const { workspace } = session();
    const model = (folder: string) => workspace.path('models', folder);
    const file = workspace.path('models', name);
    const tasks = ['--task', `talk=${model('chat')}`, '--task', `maths=${model('math')}`];
    tvq('quantize', '--base', model('base'), ...tasks, ...settings, '--output', file);
    await open(name);
    return file;
  }

  async function open(name: string): Promise<void> {
    const { workbench } = session();
    await workbench.showView('Explorer');
    await workbench.expandFolder('models');
    await workbench.explorerItem(name).dblclick();
    await workbench.page.getByRole('tab', { name, exact: true }).waitFor();
    await new InspectorPage(frame()).loaded();
  }

  async function pressButton(): Promise<void> {
    await frame().getByRole('button', { name: 'Re-quantize with another budget' }).click();
  }

  async function shown() {
    await frame().getByRole('heading', { name: 'base', exact: true }).waitFor();
    await studio().measured();
    const bits = frame().getByRole('tabpanel', { name: 'Bits' });
    return {
      tab: await frame().getByRole('tab', { selected: true }).innerText(),
      tasks: await bits.getByLabel('Task to show').first().locator('option').allInnerTexts(),
      budget: await studio().budget(),
      rules: await studio().rules(),
    };
  }

  it('brings its tasks, budget and rules', async () => {
    await openFile('small.tvq', '--budget', '3bpw', '--pin', 'talk:*.q_proj.weight=exact');
    await pressButton();
    expect(await shown()).toEqual({
      tab: 'Bits',
      tasks: ['all tasks', 'talk', 'maths'],
      budget: '3bpw',
      rules: [expect.stringMatching(/q_proj.*exact/) as string],
    });
    await shoot(session(), 'requantize');
  });

  it('is what the Merge tab merges, compared with its checkpoints', async () => {
    await frame().getByRole('tab', { name: 'Merge' }).click();
    await frame().getByLabel('Compare with full precision').check();
    await frame().getByTestId('merge-preview').getByText('≈').first().waitFor();
    await frame().getByRole('button', { name: 'Merge', exact: true }).click();
    await frame().getByRole('row', { name: 'Made from small.tvq', exact: true }).waitFor();
    await frame()
      .getByRole('row', { name: /^Difference from full precision [\d.]/ })
      .waitFor();
    await shoot(session(), 'requantize merged');
  });

  it('has its size as the budget where it was made to none, and says what the Studio has not', async () => {
    const file = await openFile('fixed.tvq', '--scheme', 'rtvq');
    await pressButton();
    const { budget, rules } = await shown();
    expect(budget).toBe(`${inspect(file).bytes}B`);
    expect(rules).toEqual([]);
    await frame().getByRole('alert').getByText('RTVQ · 3-bit base + 2-bit offsets').waitFor();
    for (const theme of ['Dark Modern', 'Light Modern'] as const) {
      await session().workbench.setTheme(theme);
      await shoot(session(), `requantize fixed ${theme}`);
    }
  });

  it('says which checkpoint is missing, and takes it from another folder', async () => {
    const { workbench, workspace } = session();
    elsewhere = await mkdtemp(join(tmpdir(), 'tvq-e2e-elsewhere-'));
    await rename(workspace.path('models', 'math'), join(elsewhere, 'math'));
    await workbench.explorerItem('math').waitFor({ state: 'detached' });
    await workbench.runCommand('TVQ: Refresh Checkpoints');
    await open('small.tvq');
    await pressButton();
    await workbench.step(/small\.tvq \(1\/3\)/);
    await workbench.page.getByPlaceholder('Checkpoints of small.tvq that were not found: math').waitFor();
    await shoot(session(), 'requantize missing');
    await workbench.quickRow('Choose their folder…').click();
    await workbench.quickTitle.filter({ hasText: 'Choose a folder with checkpoints' }).waitFor();
    await shoot(session(), 'requantize dialog');
    // The dialog overwrites the path once it has listed its folder.
    await workbench.quickRow('..').first().waitFor();
    await workbench.quickInput.fill(`${elsewhere}/`);
    await workbench.quickRow('math').first().waitFor(); // until it has listed this one, its button does nothing
    await workbench.page.getByRole('button', { name: 'Use Folder' }).click();
    await expect.poll(shown).toMatchObject({ budget: '3bpw', tasks: ['all tasks', 'talk', 'maths'] });
  });

  it('goes on with what was found', async () => {
    const { workbench } = session();
    await workbench.page.getByRole('tab', { name: 'small.tvq', exact: true }).click();
    await pressButton();
    await workbench.quickRow('Continue with what was found').click();
    await workbench.step(/small\.tvq \(3\/3\)/);
    await workbench.quickRow('models/chat').waitFor();
    await workbench.page.getByText('1 Selected').waitFor();
    await shoot(session(), 'requantize found');
    await workbench.page.keyboard.press('Enter');
    await shown();
    await frame().getByText('1 task of small.tvq').waitFor();
  });

  it('keeps what was changed over a reload of the window', async () => {
    await studio().dot.press('PageUp');
    await expect.poll(() => studio().budget()).not.toBe('3bpw');
    const changed = await studio().budget();
    await session().reload();
    await shown();
    expect(await studio().budget()).toBe(changed);
    await frame().getByRole('button', { name: 'Reset' }).click();
    await expect.poll(() => studio().budget()).toBe('3bpw');
  });

  it('causes no policy violation and no error in the console', () => {
    // VS Code's own complaints about what the reload interrupted, which name our temporary folders.
    const ours = session().complaints.filter(text => !text.includes('Canceled: Canceled'));
    expect(ours).toEqual([]);
  });
});
