/** Merging in a real VS Code: from a right-click on a .tvq file to a model folder and its report. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { f32, writeSafetensors } from '../checkpoints.ts';
import { tvq } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { MergeWizard, oneLine, readReport } from './harness/mergeWizard.ts';

const TASKS = ['code', 'math', 'chat'];

describe('merging in VS Code', IN_VSCODE, () => {
  const session = useSession();
  const wizard = () => new MergeWizard(session().workbench);
  const file = () => session().workspace.path('models', 'llama.tvq');
  const output = () => session().workspace.path('models', 'merged-ties');

  it('starts with the tasks of the clicked .tvq file', async () => {
    const { workbench, workspace } = session();
    const tasks = TASKS.flatMap(name => ['--task', `${name}=${workspace.path('models', name)}`]);
    const scheme = ['--scheme', 'rtvq', '--base-bits', '3', '--offset-bits', '2', '--backend', 'cpu'];
    tvq('quantize', '--base', workspace.path('models', 'base'), ...tasks, '-o', file(), ...scheme);
    await workbench.showView('Explorer');
    await workbench.expandFolder('models');
    await workbench.contextMenu(workbench.explorerItem('llama.tvq'), 'Merge Models…');
    await workbench.step(/Merge Models \(1\/5\)/);
    await workbench.page.getByText('3 Selected').waitFor();
    await shoot(session(), 'merge 1 inputs');
    await workbench
      .quickRow(/^chat\s*task of llama\.tvq/)
      .first()
      .click();
    await workbench.page.getByText('2 Selected').waitFor();
    await workbench.quickInput.press('Enter');
  });

  it('offers the methods that take two inputs, and skips the base that the file names', async () => {
    const { workbench } = session();
    await workbench.step(/Merge code, math \(2\/5\)/);
    await workbench.quickRow('TIES').first().waitFor();
    await shoot(session(), 'merge 2 method');
    await wizard().chooseMethod('TIES');
    await workbench.step(/Merge code, math with TIES \(4\/5\)/);
    await workbench.quickRow(/^Base model\s*base/).waitFor();
    await workbench.quickRow('Continue').filter({ hasText: 'writes' }).waitFor();
    await shoot(session(), 'merge 4 parameters');
  });

  it('changes a parameter of all inputs, and of one', async () => {
    const { workbench } = session();
    await workbench
      .quickRow(/^density/)
      .first()
      .click();
    await workbench.quickRow('All inputs').first().click();
    await workbench.write(/^density/, '0,5');
    await workbench.page.getByText('Write a number, for example 0.5').waitFor();
    await workbench.quickInput.fill('1.5');
    await workbench.page.getByText('Write a value from 0 to 1').waitFor();
    await shoot(session(), 'merge value refused');
    await workbench.quickInput.fill('0.5');
    await workbench.quickInput.press('Enter');
    await workbench.quickRow(/^density\s*0\.5 \(default: 0\.2\)/).waitFor();
    await workbench
      .quickRow(/^weight/)
      .first()
      .click();
    await workbench.quickRow(/^math/).first().click();
    await workbench.write(/^weight of math/, '0.8');
    await workbench.quickInput.press('Enter');
    await workbench.quickRow(/^math\s*0\.8 \(default: 1\)/).waitFor();
    await shoot(session(), 'merge value of an input');
    await workbench.quickRow('Done').first().click();
    await workbench.quickRow(/^weight\s*code 1 · math 0\.8/).waitFor();
  });

  it('goes back to the base model and to the method, and keeps the values', async () => {
    const { workbench } = session();
    await workbench.back();
    await workbench.step(/\(3\/5\)/);
    await workbench.quickRow('models/base').first().waitFor();
    await workbench.back();
    await wizard().chooseMethod('TIES');
    await workbench.quickRow(/^density\s*0\.5/).waitFor();
  });

  it('writes the folder, and shows the numbers of its report', async () => {
    const { workbench } = session();
    expect(await wizard().acceptParameters()).toMatch(/writes [\d.]+ kB, needs [\d.]+ .B of memory/);
    await workbench.step(/\(5\/5\)/);
    await workbench.quickRow('merged-ties').filter({ hasText: 'writes' }).waitFor();
    await shoot(session(), 'merge 5 output');
    await workbench.quickRow('merged-ties').first().click();
    const shown = await wizard().merged();
    await shoot(session(), 'merge result');

    const files = await readdir(output());
    expect(files).toEqual(
      expect.arrayContaining(['config.json', 'generation_config.json', 'merge-report.json', 'README.md']),
    );
    const weights = files.filter(name => name.endsWith('.safetensors'));
    expect(weights).not.toEqual([]);
    expect(files.filter(name => /tmp|partial|journal|lock/.test(name))).toEqual([]);

    const report = await readReport(output());
    const { inputs } = report.model;
    const [norm, signConflicts] = [report.model.norm!, report.model.signConflicts!];
    const cosines = inputs.map(({ cosine }) => cosine!);
    const range = [Math.min(...cosines), Math.max(...cosines)].map(cosine => cosine.toFixed(2));
    expect(report.method).toBe('ties');
    expect(inputs.map(({ name }) => name)).toEqual(['code', 'math']);
    expect(report.parameters).toMatchObject({ density: 0.5 });
    expect(norm).toBeGreaterThan(0);
    expect(shown).toContain('Merged 2 models with TIES: ');
    expect(shown).toContain(`norm ${norm >= 0.1 ? norm.toFixed(2) : String(Number(norm.toPrecision(3)))}`);
    expect(shown).toContain(`${(100 * signConflicts).toFixed(1)} % sign conflicts`);
    expect(shown).toContain(`cosine ${[...new Set(range)].join('–')}`);
    const sizes = await Promise.all(weights.map(async name => (await stat(join(output(), name))).size));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    expect(shown).toContain(`${(bytes / 1000).toPrecision(3)} kB`);
  });

  it('opens the report', async () => {
    const { workbench } = session();
    const note = await workbench.notification(/Merged 2 models/);
    await note.getByRole('button', { name: 'Show Report' }).click();
    await workbench.page.getByRole('tab', { name: /merge-report\.json/ }).waitFor();
    await workbench.page.locator('.monaco-editor').getByText('"ties"').first().waitFor();
    await shoot(session(), 'merge report');
  });

  it('offers the merged model as a checkpoint', async () => {
    const { workbench } = session();
    await workbench.showView('TVQ Studio');
    expect(await workbench.treeRow('merged-ties')).toMatch(/^merged-ties: 24\.7 k · BF16 · 51\.\d kB$/);
  });

  it('merges from the tree, and overwrites only when told to', async () => {
    const { workbench } = session();
    const before = await readReport(output());
    await workbench.contextMenu(workbench.treeItem(/^llama\.tvq/).first(), 'Merge Models…');
    await workbench.step(/\(1\/5\)/);
    await workbench.page.getByText('3 Selected').waitFor();
    await workbench.quickInput.press('Enter');
    await wizard().chooseMethod('TIES');
    await wizard().acceptParameters();
    await workbench.step(/\(5\/5\)/);
    const row = workbench.quickRow('merged-ties').filter({ hasText: 'Already exists' });
    await row.first().click();
    await workbench.dialogButton('Overwrite').waitFor();
    await shoot(session(), 'merge overwrite');
    await workbench.dialogButton('Cancel').click();
    await workbench.step(/\(5\/5\)/);
    expect(await readReport(output())).toEqual(before);
    await row.first().click();
    await workbench.dialogButton('Overwrite').click();
    const note = await workbench.notification(/Merged 3 models with TIES/);
    const shown = oneLine(await note.locator('.notification-list-item-message').innerText());
    const { model, parameters } = await readReport(output());
    expect(model.inputs.map(({ name }) => name)).toEqual(TASKS);
    expect(parameters).not.toMatchObject({ density: 0.5 });
    expect(shown).toContain(`${(100 * model.signConflicts!).toFixed(1)} % sign conflicts`);
    await note.getByRole('button', { name: 'Open Folder' }).click();
    await workbench.explorerItem('merged-ties').waitFor();
  });

  it('merges checkpoints of a multi-selection, mixed with a .tvq file, under another name', async () => {
    const { workbench, workspace } = session();
    await workbench.showView('Explorer');
    await workbench.select('chat', 'llama.tvq');
    await workbench.contextMenu(workbench.explorerItem('llama.tvq'), 'Merge Models…');
    await workbench.step(/\(1\/5\)/);
    await workbench.page.getByText('4 Selected').waitFor();
    await shoot(session(), 'merge mixed inputs');
    await workbench.quickInput.press('Enter');
    await workbench.step(/Merge 4 Models \(2\/5\)/);
    expect(
      await workbench
        .quickRow('SLERP')
        .filter({ hasText: /^SLERP/ })
        .count(),
    ).toBe(0);
    await wizard().chooseMethod('Linear');
    await wizard().acceptParameters();
    await workbench.quickRow('Another name or folder…').click();
    await workbench.write('Folder for the merged model', 'soup');
    await workbench.quickInput.press('Enter');
    await workbench.notification(/Merged 4 models with Linear/);
    const recipe = await readFile(workspace.path('models', 'soup', 'merge-recipe.yml'), 'utf8');
    expect(recipe).toContain('llama.tvq');
  });

  it('refuses a folder that holds what is merged', async () => {
    const { workbench, workspace } = session();
    await workbench.runCommand('TVQ: Merge Models…');
    await workbench.step(/\(1\/5\)/);
    await workbench.quickRow(/^code/).first().click();
    await workbench.quickInput.press('Enter');
    await wizard().chooseMethod('Linear');
    await wizard().acceptParameters();
    await workbench.quickRow('Another name or folder…').click();
    await workbench.write('Folder for the merged model', workspace.path('models'));
    await workbench.quickInput.press('Enter');
    await workbench.page.getByText('which is one of the inputs. Choose another folder').waitFor();
    await shoot(session(), 'merge folder refused');
    await workbench.page.keyboard.press('Escape');
    expect(await readdir(workspace.path('models'))).toEqual(expect.arrayContaining(['base', 'code', 'soup']));
  });

  it('says what is wrong with the inputs before anything runs, and asks for a base that is not clear', async () => {
    const { workbench, workspace } = session();
    await writeSafetensors(workspace.path('other.safetensors'), { w: f32([4, 4], i => i) });
    await workbench.showView('TVQ Studio');
    await workbench.treeItem(/^other /).waitFor();
    await workbench.runCommand('TVQ: Merge Models…');
    await workbench.step(/\(1\/5\)/);
    await workbench.quickRow(/^code/).first().click();
    // The filter brings the row into view.
    await workbench.quickInput.fill('other');
    await workbench
      .quickRow(/^other\s*16/)
      .first()
      .click();
    await workbench.page.getByText('2 Selected').waitFor();
    await workbench.quickInput.press('Enter');
    await wizard().chooseMethod('NuSLERP');
    await workbench.step(/\(3\/5\)/);
    await workbench.quickRow('No base model').waitFor();
    await shoot(session(), 'merge 3 base');
    await workbench.quickRow('models/base').first().click();
    const row = workbench.quickRow('Continue');
    await row.filter({ hasText: 'other' }).waitFor();
    await shoot(session(), 'merge plan refused');
    await row.click();
    await workbench.step(/\(4\/5\)/);
    await workbench.page.keyboard.press('Escape');
  });

  it('causes no policy violation and no error in the console', () => {
    expect(session().complaints).toEqual([]);
  });
});
