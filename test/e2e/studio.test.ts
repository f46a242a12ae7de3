/** The Studio in a real VS Code: measured, dragged, pinned, quantized, reloaded. */
import { readdir, stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { inspect } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { StudioPage } from './harness/studioPage.ts';
import { THEMES } from './harness/workbench.ts';

const RESTS_MS = 1000;

describe('the Studio in VS Code', IN_VSCODE, () => {
  const session = useSession();
  const studio = () => new StudioPage(session().workbench.inspector);

  /** The prediction once it has settled: a drag spends its remainder a moment after the last step. */
  async function settledPrediction(): Promise<{ bytes: number; error: number }> {
    const read = async () => ({
      bytes: await studio().predictedBytes(),
      error: await studio().figure('tvq-error'),
    });
    let last = await read();
    await expect
      .poll(
        async () => {
          const before = last;
          last = await read();
          return isDeepStrictEqual(last, before);
        },
        { interval: RESTS_MS },
      )
      .toBe(true);
    return last;
  }

  it('opens for a folder, and measures its task vectors', async () => {
    const { workbench } = session();
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('models'), 'Open Studio');
    await studio().measured();
    expect(await studio().budget()).toBe('codes=1.5bpw');
    await shoot(session(), 'studio bits');
  });

  it('is moved by keys, and its numbers with it', async () => {
    const before = { bytes: await studio().predictedBytes(), error: await studio().figure('tvq-error') };
    await studio().dot.press('PageUp');
    await studio().dot.press('ArrowRight');
    await expect.poll(() => studio().predictedBytes()).toBeGreaterThan(before.bytes);
    await expect.poll(() => studio().figure('tvq-error')).toBeLessThan(before.error);
    expect(await studio().budget()).not.toBe('codes=1.5bpw');
  });

  it('pins a tensor from the grid, and takes it back', async () => {
    const { frame } = studio();
    const grid = frame.getByRole('grid', { name: /^Bits by layer/ });
    await grid.press('ArrowDown');
    await grid.press('Enter');
    await studio().pickFromMenu('4 bits');
    await expect.poll(() => studio().rules()).toEqual([expect.stringMatching(/4 bits$/)]);
    await frame.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await studio().rules()).length).toBe(0);
    await frame.getByRole('button', { name: 'Redo' }).click();
    await expect.poll(async () => (await studio().rules()).length).toBe(1);
  });

  it('writes exactly the file that it shows', async () => {
    const { workbench, workspace } = session();
    const { frame } = studio();
    const predicted = await settledPrediction();
    await frame.getByTestId('tvq-quantize').click();
    const row = workbench.quickRow(/models-[\d.]+bpw\.tvq/).first();
    const name = /models-[\d.]+bpw\.tvq/.exec(await row.innerText())?.[0] as string;
    await row.click();
    await frame.getByTestId('tvq-measured-size').waitFor();
    const file = workspace.path('models', name);
    expect((await stat(file)).size).toBe(predicted.bytes);
    expect(inspect(file).tasks.map(task => task.name)).toEqual(['chat', 'code', 'math']);
    const error = await studio().figure('tvq-measured-error');
    expect(error / predicted.error).toBeGreaterThan(0.98);
    expect(error / predicted.error).toBeLessThan(1.02);
    await shoot(session(), 'studio quantized');
  });

  it('is there again after the window was reloaded', async () => {
    const before = { bytes: await studio().predictedBytes(), budget: await studio().budget() };
    const rules = await studio().rules();
    await session().reload();
    await studio().measured();
    await expect.poll(() => studio().budget()).toBe(before.budget);
    await expect.poll(() => studio().rules()).toEqual(rules);
    await expect.poll(() => studio().predictedBytes()).toBe(before.bytes);
    await studio().frame.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => studio().rules()).toEqual([]);
    await studio().frame.getByRole('button', { name: 'Redo' }).click();
    await expect.poll(() => studio().rules()).toEqual(rules);
  });

  it('measures what the tasks share, and compares them', async () => {
    const { frame } = studio();
    await frame.getByRole('tab', { name: 'Sensitivity' }).click();
    const panel = frame.getByRole('tabpanel', { name: 'Sensitivity' });
    await panel.getByLabel('Task to show').selectOption('shared base (RTVQ)');
    await panel.getByText('of the whole shared base vector').waitFor();
    await panel.getByRole('button', { name: 'Compare all tensors' }).click();
    await panel.getByText(/^All \d+ floating-point tensors, [\d,]+ weights per task\.$/).waitFor();
    await panel.getByRole('img', { name: 'The cosine of 3 tasks, pair by pair' }).waitFor();
    await panel.getByLabel('Task to show').selectOption('all tasks');
  });

  it('merges twice, and compares what came out', async () => {
    const { frame } = studio();
    await frame.getByRole('tab', { name: 'Merge' }).click();
    for (const method of ['task_arithmetic', 'ties']) {
      await frame.getByTestId('merge-method').selectOption(method);
      await frame.getByTestId('merge-preview').getByText('≈').first().waitFor();
      await frame.getByRole('button', { name: 'Merge', exact: true }).click();
      const name = `merged-${method.replace('_', '-')}`;
      await frame.getByRole('button', { name, exact: true }).click();
      const folder = session().workspace.path('models', name);
      expect(await readdir(folder)).toEqual(expect.arrayContaining(['model.safetensors', 'README.md']));
    }
    await frame.getByTestId('merge-difference').waitFor();
    expect(await frame.getByTestId('merge-column').count()).toBe(2);
    await frame
      .getByRole('img', { name: /^Norm by layer: merged-task-arithmetic .*; merged-ties / })
      .waitFor();
    await shoot(session(), 'studio merge');
  });

  it('is readable in light, dark and high contrast', async () => {
    const { workbench } = session();
    for (const theme of Object.keys(THEMES) as (keyof typeof THEMES)[]) {
      await workbench.setTheme(theme);
      for (const tab of ['Sensitivity', 'Merge', 'Bits']) {
        await studio().frame.getByRole('tab', { name: tab }).click();
        await shoot(session(), `studio ${tab} ${theme}`);
      }
    }
    await workbench.setTheme('Dark Modern');
  });

  it('causes no policy violation and no error in the console', () => {
    // VS Code's own complaints about what the reload interrupted, which name our temporary folders.
    const ours = session().complaints.filter(text => !text.includes('Canceled: Canceled'));
    expect(ours).toEqual([]);
  });
});
