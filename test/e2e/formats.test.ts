/** Models as they are found: of each format one, in the tree and merged from the explorer. */
import { cp, mkdir, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture } from '../checkpoints.ts';
import { writeStoredModels } from '../storedModels.ts';
import { inspect } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { expected, InspectorPage } from './harness/inspectorPage.ts';
import { MergeWizard, readReport } from './harness/mergeWizard.ts';
import { acceptOutput, chooseScheme, openResult } from './harness/wizard.ts';

describe('models of every format', IN_VSCODE, () => {
  const session = useSession();
  const wizard = () => new MergeWizard(session().workbench);
  beforeAll(async () => {
    const { workspace } = session();
    await writeStoredModels(fixture('llama/code'), workspace.path('wild'));
    await mkdir(workspace.path('wild/lora'));
    for (const file of ['adapter_config.json', 'adapter_model.safetensors'])
      await cp(fixture(`lora/llama/${file}`), workspace.path('wild/lora', file));
  });

  it('are in the tree', async () => {
    const { workbench } = session();
    await workbench.showView('TVQ Studio');
    await workbench.treeItem(/^Adapters/).waitFor();
    expect(await workbench.treeRow('torch')).toBe('torch: 24.7 k · BF16 · 56.4 kB');
    expect(await workbench.treeRow('small')).toMatch(/^small: 24\.7 k · F32 · /);
    expect(await workbench.treeRow('int8')).toMatch(/^int8: 24\.7 k · BF16 · /);
    expect(await workbench.treeRow('lora')).toBe('lora: a LoRA adapter (PEFT, rank 4) · F32 · 8.16 kB');
    await shoot(session(), 'every format');
  });

  it('are quantized', async () => {
    const { workbench, workspace } = session();
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('wild'), 'Quantize Task Vectors');
    await workbench.step(/Quantize 4 checkpoints \(base model: base\) \(3\/4\)/);
    await chooseScheme(workbench, 'TVQ · 4-bit task vectors');
    // The base is in another folder: the file is named after what holds both.
    const name = `${basename(workspace.root)}-tvq-int4.tvq`;
    await acceptOutput(workbench, name);
    await openResult(workbench, name);
    const page = new InspectorPage(workbench.inspector);
    await page.loaded();
    await expect.poll(() => page.shown()).toEqual(expected(inspect(workspace.path(name))));
  });

  it('are merged', async () => {
    const { workbench, workspace } = session();
    await workbench.showView('Explorer');
    await workbench.contextMenu(workbench.explorerItem('wild'), 'Merge Models…');
    await workbench.step(/Merge Models \(1\/5\)/);
    await workbench.page.getByText('4 Selected').waitFor();
    await shoot(session(), 'every format chosen');
    await workbench.quickInput.press('Enter');
    await wizard().chooseMethod('TIES');
    expect(await wizard().acceptParameters()).toMatch(/writes [\d.]+ kB/);
    await workbench.step(/\(5\/5\)/);
    await workbench.quickRow('merged-ties').first().click();
    await wizard().merged();
    const [folder] = (await readdir(workspace.root, { recursive: true })).filter(name =>
      name.endsWith('merged-ties'),
    );
    const { model } = await readReport(workspace.path(folder as string));
    expect(model.inputs.map(({ name }) => name).sort()).toEqual(['int8', 'lora', 'small', 'torch']);
    for (const { cosine } of model.inputs) expect(cosine).toBeGreaterThan(0);
  });

  it('cause no policy violation and no error in the console', () => {
    expect(session().complaints).toEqual([]);
  });
});
