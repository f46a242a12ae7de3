/** Folders as people have them: any name, any selection, one model under several names, files that change meanwhile. */
import { appendFile, cp, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { expected, InspectorPage } from './harness/inspectorPage.ts';
import { StudioPage } from './harness/studioPage.ts';
import { acceptOutput, chooseScheme, openResult } from './harness/wizard.ts';

const ODD = `a + b (c) #1 100% & 'd' "e" [f] {g}`;
/** A name of each kind, and the task name made from it. */
const NAMES = {
  'two words': 'two_words',
  'caf\u00e9 (1)': 'caf\u00e9__1_',
  'cafe\u0301 2': 'caf\u00e9_2',
  'מודל חדש': 'מודל_חדש',
  '🧪 lab': '__lab',
  [`${'long '.repeat(40)}end`]: 'long_'.repeat(20),
};

describe('folders in VS Code', IN_VSCODE, () => {
  const session = useSession();
  const page = () => new InspectorPage(session().workbench.inspector);
  const studio = () => new StudioPage(session().workbench.inspector);
  const labels = async () => {
    const rows = await session()
      .workbench.page.locator('.pane-body [role=treeitem] .label-name')
      .allInnerTexts();
    return rows.map(row => row.trim());
  };

  it('may have any name', async () => {
    const { workbench, workspace } = session();
    await mkdir(workspace.path(ODD));
    await cp(workspace.path('models/base'), workspace.path(ODD, 'base'), { recursive: true });
    for (const name of Object.keys(NAMES))
      await cp(workspace.path('models/math'), workspace.path(ODD, name), { recursive: true });
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem(ODD), 'Quantize Task Vectors');
    await workbench.step(/Quantize 6 checkpoints \(base model: base\) \(3\/4\)/);
    await chooseScheme(workbench, 'TVQ · 2-bit task vectors');
    await acceptOutput(workbench, `${ODD}-tvq-int2.tvq`);
    await openResult(workbench, `${ODD}-tvq-int2.tvq`);
    await page().loaded();
    const summary = inspect(workspace.path(ODD, `${ODD}-tvq-int2.tvq`));
    expect(summary.tasks.map(({ name }) => name).sort()).toEqual(Object.values(NAMES).sort());
    expect(await page().shown()).toEqual(expected(summary));
    await shoot(session(), 'odd names inspector');
    await workbench.showView('TVQ Studio');
    await workbench.treeItem(/^🧪 lab/).waitFor();
    // Isolated: right-to-left text does not reorder what is beside it.
    await workbench.treeItem(/^\u2068מודל חדש\u2069/).waitFor();
    await shoot(session(), 'odd names tree');
  });

  it('are taken from any selection, and the rest is named', async () => {
    const { workbench, workspace } = session();
    await writeFile(workspace.path('models/notes.txt'), '');
    await cp(workspace.path(ODD, `${ODD}-tvq-int2.tvq`), workspace.path('models/small.tvq'));
    await workbench.showView('Explorer');
    await workbench.expandFolder('models');
    await workbench.select('code', 'notes.txt', 'small.tvq', 'math');
    await workbench.contextMenu(workbench.explorerItem('code'), 'Quantize Task Vectors');
    await workbench.step(/Quantize code, math \(base model: base\) \(3\/4\)/);
    await workbench.notification(/Left out.*: models\/notes\.txt, models\/small\.tvq/);
    await shoot(session(), 'selection of everything');
    await workbench.page.keyboard.press('Escape');
    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.contextMenu(workbench.explorerItem('code'), 'Merge Models');
    await workbench.page.getByText('8 Selected').waitFor(); // two models, and the tasks of small.tvq
    await workbench.notification(/Left out.*: models\/notes\.txt/);
    await workbench.page.keyboard.press('Escape');
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it('of one model may be selected by all their files', async () => {
    const { workbench, workspace } = session();
    await workbench.showView('Explorer');
    for (const folder of [ODD, 'code']) await workbench.collapseFolder(folder); // they contain the same names
    await workbench.expandFolder('base');
    const files = ['config.json', 'model-00001-of-00004.safetensors', 'model.safetensors.index.json'];
    await workbench.select(...files);
    await workbench.contextMenu(workbench.explorerItem(files[1] as string), 'Quantize Task Vectors');
    await workbench.step(/\(2\/4\)/);
    expect(await workbench.page.locator('.notification-list-item').allInnerTexts()).toEqual([]);
    await workbench.page.keyboard.press('Escape');
    await rm(workspace.path(ODD), { recursive: true });
  });

  it('that are one model are shown once, and those of tools only when named', async () => {
    const { workbench, workspace } = session();
    await symlink('math', workspace.path('models/latest'));
    for (const folder of ['node_modules/pkg', 'env/share/weights', 'build/lib/weights'])
      await cp(workspace.path('models/chat'), workspace.path(folder), { recursive: true });
    await writeFile(workspace.path('env/pyvenv.cfg'), '');
    await cp(workspace.path('models/chat'), workspace.path('dist/mine'), { recursive: true });
    await workbench.showView('TVQ Studio');
    await workbench.treeItem(/^mine/).waitFor();
    await expect.poll(labels).toEqual(['base', 'mine', 'chat', 'code', 'math', 'Quantized', 'small.tvq']);
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('latest'), 'Quantize Task Vectors');
    await workbench.step(/Quantize math \(base model: base\) \(3\/4\)/);
    await workbench.quickRow('≈').first().waitFor(); // before its folder is deleted
    await workbench.page.keyboard.press('Escape');
    await workbench.expandFolder('env');
    await workbench.contextMenu(workbench.explorerItem('env'), 'Quantize Task Vectors');
    await workbench.step(/Quantize weights \(base model: base\) \(3\/4\)/);
    await workbench.quickRow('≈').first().waitFor();
    await workbench.page.keyboard.press('Escape');
    for (const folder of ['node_modules', 'env', 'build', 'dist', 'models/latest'])
      await rm(workspace.path(folder), { recursive: true });
  });

  it('are shown as they are: a shard that is gone, a folder with another name', async () => {
    const { workbench, workspace } = session();
    const shard = workspace.path('models/base/model-00002-of-00004.safetensors');
    await workbench.showView('TVQ Studio');
    await rename(shard, workspace.path('kept'));
    await workbench.treeItem(/^Unreadable/).waitFor();
    await shoot(session(), 'shard that is gone');
    await rename(workspace.path('kept'), shard);
    await rename(workspace.path('models/chat'), workspace.path('models/talk [1]'));
    await workbench.treeItem(/^talk \[1\]/).waitFor();
    await expect.poll(labels).toEqual(['base', 'code', 'math', 'talk [1]', 'Quantized', 'small.tvq']);
  });

  it('may change their names while a file in them is open', async () => {
    const { workbench, workspace } = session();
    const folder = workspace.path('in [x] {y}');
    const file = `${folder}/[a] {b}.tvq`;
    // The explorer may miss what is added to a folder right after the folder.
    const made = await mkdtemp(join(tmpdir(), 'tvq-e2e-'));
    await cp(workspace.path('models/small.tvq'), join(made, '[a] {b}.tvq'));
    await rename(made, folder);
    const shown = expected(inspect(file));
    await workbench.showView('Explorer');
    await workbench.expandFolder('in [x] {y}');
    await workbench.explorerItem('[a] {b}.tvq').dblclick();
    await page().heading('[a] {b}.tvq');
    await page().loaded();

    await rename(folder, workspace.path('elsewhere'));
    expect(await page().error()).toContain('[a] {b}.tvq is missing: it was deleted, moved or renamed');
    await shoot(session(), 'inspector of a file that is gone');
    await rename(workspace.path('elsewhere'), folder);
    await page().loaded();
    expect(await page().shown()).toEqual(shown);

    await writeFile(file, 'something else');
    expect(await page().error()).toContain('a text that begins with "something else"');
    await rm(file);
    await expect.poll(() => page().error()).toContain('is missing');
    await cp(workspace.path('models/small.tvq'), file);
    await page().loaded();

    await workbench.renameInExplorer('in [x] {y}', 'now (z)');
    await page().loaded();
    await workbench.renameInExplorer('[a] {b}.tvq', '[c] #1.tvq');
    await page().heading('[c] #1.tvq');
    await page().loaded();
    expect(await page().shown()).toEqual(shown);
    await rm(workspace.path('now (z)'), { recursive: true });
    expect(await page().error()).toContain('now (z)');
  });

  it('that change while the Studio is open are not spent as they were measured', async () => {
    const { workbench, workspace } = session();
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('models'), 'Open Studio');
    await studio().measured();
    const { frame } = studio();
    const weights = workspace.path('models/math/model.safetensors');
    const again = frame.getByRole('button', { name: 'Measure again' });
    await utimes(weights, new Date(), new Date());
    await again.waitFor();
    expect(await frame.getByText('Changed since it was measured: math').isVisible()).toBe(true);
    await shoot(session(), 'studio stale');
    await frame.getByTestId('tvq-quantize').click();
    await frame.getByText(/Nothing was written\. .*Measure again first\./).waitFor();
    await again.click();
    await studio().measured();
    await again.waitFor({ state: 'hidden' });
    await appendFile(weights, 'more');
    await again.click();
    await frame.getByText('These models cannot be measured').waitFor();
    await frame.getByText(/math\/model\.safetensors: not a valid safetensors file/).waitFor();
  });

  it('of several roots show where they differ', async () => {
    const { workbench, workspace } = session();
    for (const root of ['one', 'two'])
      for (const name of ['base', 'code'])
        await cp(workspace.path('models', name), workspace.path(root, 'models', name), { recursive: true });
    for (const root of ['one', 'two'])
      await cp(workspace.path('models/small.tvq'), workspace.path(root, 'models/small.tvq'));
    const file = workspace.path('two.code-workspace');
    await writeFile(file, JSON.stringify({ folders: [{ path: 'one/models' }, { path: 'two/models' }] }));
    await session().openWorkspace(file);
    await workbench.showView('TVQ Studio');
    await workbench.treeItem(/^one\/models\/base/).waitFor();
    expect(await labels()).toEqual([
      'one/models/base',
      'one/models/code',
      'two/models/base',
      'two/models/code',
      'Quantized',
      'one/models/small.tvq',
      'two/models/small.tvq',
    ]);
    await shoot(session(), 'two roots');
    await workbench.runCommand('TVQ: Quantize Task Vectors');
    await workbench.quickRow('two/models/base').first().waitFor();
    await shoot(session(), 'two roots picker');
  });

  it('cause no error in the console', () => {
    expect(session().complaints).toEqual([]);
  });
});
