/** The packaged extension in a real VS Code, driven as a user drives it. */
import { copyFile, readdir, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { writeSparseTvq } from '../sparseTvq.ts';
import { inspect } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { expected, InspectorPage } from './harness/inspectorPage.ts';
import { THEMES } from './harness/workbench.ts';
import { acceptOutput, chooseScheme, openResult } from './harness/wizard.ts';

describe('in VS Code', IN_VSCODE, () => {
  const session = useSession();
  const page = () => new InspectorPage(session().workbench.inspector);

  it('lists the base model and the checkpoints with their sizes', async () => {
    const { workbench } = session();
    await workbench.showView('TVQ Studio');
    const rows = [];
    for (const name of ['base', 'chat', 'code', 'math']) rows.push(await workbench.treeRow(name));
    expect(rows).toEqual([
      'base: base · 24.7 k · BF16 · 51.7 kB',
      'chat: 24.7 k · BF16 · 51.6 kB',
      'code: 24.7 k · BF16 · 51.6 kB',
      'math: 24.7 k · BF16 · 51.6 kB',
    ]);
    await shoot(session(), 'tree');
  });

  it('quantizes from the palette, and shows what the command line shows', async () => {
    const { workbench, workspace } = session();
    await workbench.runCommand('TVQ: Quantize Task Vectors');
    await workbench.step(/\(1\/4\)/);
    await workbench.quickRow('models/base').waitFor();
    await shoot(session(), 'step 1 base');
    await workbench.page.keyboard.press('Enter');
    await workbench.step(/\(2\/4\)/);
    await workbench.quickRow('models/math').waitFor();
    await workbench.page.getByText('3 Selected').waitFor();
    await shoot(session(), 'step 2 checkpoints');
    await workbench.page.keyboard.press('Enter');
    await workbench.step(/\(3\/4\)/);
    await workbench.quickRow('≈').first().waitFor();
    await shoot(session(), 'step 3 scheme');
    const announced = await chooseScheme(workbench, 'RTVQ · 3-bit base + 2-bit offsets');
    await workbench.step(/\(4\/4\)/);
    await shoot(session(), 'step 4 output');
    await acceptOutput(workbench, 'models-rtvq-b3o2.tvq');
    const wrote = await openResult(workbench, 'models-rtvq-b3o2.tvq');

    const summary = inspect(workspace.path('models', 'models-rtvq-b3o2.tvq'));
    await page().loaded();
    const shown = await page().shown();
    expect(shown).toEqual(expected(summary));
    expect(shown.tasks).toBe(3);
    expect(wrote).toContain(`${shown.bitsPerWeight} bpw`);
    expect(wrote).toContain(`${shown.share} % of FP32`);
    expect(announced).toMatch(/≈ [\d.]+ kB · [\d.]+ bpw · [\d.]+ % of FP32/);
    // A plan never promises less than is written: tensors that turn out unchanged take no bytes.
    const planned = Number(/≈ ([\d.]+) kB/.exec(announced)?.[1]);
    expect(planned).toBeGreaterThanOrEqual(Math.floor(summary.bytes / 1000));
  });

  it('finds tensors by words of their name', async () => {
    const all = await page().matches();
    await page().search('mlp.down_proj math');
    await expect.poll(() => page().matches()).toBeLessThan(all);
    for (const row of await page().rowTexts()) {
      expect(row).toContain('down_proj');
      expect(row).toContain('math');
    }
    await page().search('');
    await expect.poll(() => page().matches()).toBe(all);
  });

  it('is readable in light, dark and high contrast', async () => {
    for (const theme of Object.keys(THEMES) as (keyof typeof THEMES)[]) {
      await session().workbench.setTheme(theme);
      await page().loaded();
      await shoot(session(), `theme ${theme}`);
    }
    await session().workbench.setTheme('Light Modern');
  });

  it('quantizes a folder from the explorer without asking for a clear base', async () => {
    const { workbench, workspace } = session();
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('models'), 'Quantize Task Vectors');
    await workbench.step(/chat, code, math \(base model: base\) \(3\/4\)/);
    await chooseScheme(workbench, 'TVQ · 4-bit task vectors');
    await acceptOutput(workbench, 'models-tvq-int4.tvq');
    await openResult(workbench, 'models-tvq-int4.tvq');
    await page().loaded();
    const summary = inspect(workspace.path('models', 'models-tvq-int4.tvq'));
    await expect.poll(() => page().shown()).toEqual(expected(summary));
  });

  it('offers presets with their sizes, and takes a budget that it checks', async () => {
    const { workbench, workspace } = session();
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('models'), 'Quantize Task Vectors');
    await workbench.step(/\(3\/4\)/);
    for (const preset of ['Balanced', 'Smallest', 'Fastest', 'As published']) {
      await workbench
        .quickRow(preset)
        .filter({ hasText: /≈\s[\d.]+\skB/ })
        .first()
        .waitFor();
    }
    await workbench.quickRow('Budget…').first().click();
    await workbench.write('Size of the file', '10');
    await workbench.page.getByText('Write a number with its unit').first().waitFor();
    await shoot(session(), 'budget');
    await workbench.quickInput.fill('10%');
    await workbench.quickInput.press('Enter');
    await acceptOutput(workbench, 'models-tvq-10percent.tvq');
    await openResult(workbench, 'models-tvq-10percent.tvq');
    const summary = inspect(workspace.path('models', 'models-tvq-10percent.tvq'));
    expect(summary.bytes).toBeLessThanOrEqual(0.1 * summary.fp32Bytes);
    expect(summary.bytes).toBeGreaterThan(0.095 * summary.fp32Bytes);
    await expect.poll(() => page().shown()).toEqual(expected(summary));
  });

  it('quantizes a multi-selection, and overwrites only when told to', async () => {
    const { workbench, workspace } = session();
    const output = workspace.path('models', 'models-tvq-int2.tvq');
    await writeFile(output, 'precious');
    await workbench.showView('Explorer');
    await workbench.expandFolder('models');
    await workbench.select('code', 'math');
    await workbench.contextMenu(workbench.explorerItem('math'), 'Quantize Task Vectors');
    await workbench.step(/Quantize code, math \(base model: base\) \(3\/4\)/);
    await chooseScheme(workbench, 'TVQ · 2-bit task vectors');
    await acceptOutput(workbench, 'models-tvq-int2.tvq');
    await workbench.dialogButton('Overwrite').waitFor();
    await shoot(session(), 'overwrite');
    expect((await stat(output)).size).toBe('precious'.length);
    await workbench.dialogButton('Overwrite').click();
    await openResult(workbench, 'models-tvq-int2.tvq');
    const summary = inspect(output);
    expect(summary.tasks.map(({ name }) => name)).toEqual(['code', 'math']);
    await expect.poll(() => page().shown()).toEqual(expected(summary));
  });

  it('verifies and restores a .tvq file', async () => {
    const { workbench, workspace } = session();
    await workbench.runCommand('TVQ: Verify Checksums');
    await workbench.notification(/models-tvq-int2\.tvq is intact/);
    await workbench.runCommand('TVQ: Restore Checkpoint');
    await workbench.step(/\(1\/3\)/);
    await workbench.quickRow('math').first().click();
    await workbench.step(/\(2\/3\)/);
    await workbench.quickRow('models/base').first().click();
    await workbench.step(/\(3\/3\)/);
    await shoot(session(), 'restore output');
    await workbench
      .quickRow(/^models-tvq-int2-math\s*in models/)
      .first()
      .click();
    await workbench.notification('Wrote models-tvq-int2-math');
    const restored = await readdir(workspace.path('models', 'models-tvq-int2-math'));
    expect(restored).toContain('config.json');
    expect(restored.filter(name => name.endsWith('.safetensors'))).not.toEqual([]);
  });

  it('says what is wrong with a damaged file, and shows the one that replaces it', async () => {
    const { workbench, workspace } = session();
    const good = workspace.path('models', 'models-tvq-int2.tvq');
    const damaged = workspace.path('damaged.tvq');
    await writeFile(damaged, 'not a container at all');
    await workbench.showView('Explorer');
    await workbench.explorerItem('damaged.tvq').dblclick();
    expect(await page().error()).toContain('damaged.tvq: a text that begins with "not a container at all"');
    await shoot(session(), 'inspector of a damaged file');
    await copyFile(good, damaged);
    await page().loaded();
    expect(await page().shown()).toEqual(expected(inspect(good)));
  });

  it('opens a file of five gigabytes, and scrolls to its last tensor', async () => {
    const { workbench, workspace } = session();
    const { rows } = await writeSparseTvq(workspace.path('large.tvq'), {
      tasks: 33,
      blocks: 24,
      width: 1024,
      bits: 4,
    });
    await workbench.showView('Explorer');
    await workbench.explorerItem('large.tvq').dblclick();
    await page().heading('large.tvq');
    await page().loaded();
    expect(await page().shown()).toMatchObject({ size: '5.03 GB', tasks: 33, rows });
    expect(await page().scrollTo(rows)).toContain('visual.transformer.resblocks.23.mlp.c_proj.weight');
    await shoot(session(), 'inspector of a large file');
  });

  it('causes no policy violation and no error in the console', () => {
    expect(session().complaints).toEqual([]);
  });
});
