/** The editor in another language: our texts are translated everywhere, in the editor's parts and in our pages. */
import { describe, expect, it } from 'vitest';
import { tvq } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';

const LANGUAGE = 'qps-ploc';

describe('in another language', IN_VSCODE, () => {
  const session = useSession({ restricted: false, language: LANGUAGE });
  const frame = () => session().workbench.inspector;

  it('a wizard asks', async () => {
    const { workbench } = session();
    await workbench.runCommand('TVQ: Quantize Task Vectors');
    await expect.poll(() => workbench.quickInput.getAttribute('placeholder')).toMatch(/^⟦Base model: .*⟧$/);
    await workbench.page.keyboard.press('Escape');
  });

  it('a .tvq file is shown', async () => {
    const { workbench, workspace } = session();
    const model = (name: string) => workspace.path('models', name);
    const task = ['--task', `math=${model('math')}`];
    tvq('quantize', '--base', model('base'), ...task, '--output', workspace.path('small.tvq'));
    await workbench.showView('Explorer');
    await workbench.explorerItem('small.tvq').dblclick();
    await frame().getByRole('button', { name: '⟦Verify⟧' }).waitFor();
    expect(await frame().locator('html').getAttribute('lang')).toBe(LANGUAGE);
    await frame().getByText('⟦Provenance⟧').waitFor();
    await shoot(session(), 'another language');
  });

  it('the Studio opens', async () => {
    await frame().getByRole('button', { name: '⟦Re-quantize with another budget⟧' }).click();
    await frame().getByRole('tab', { name: '⟦Bits⟧' }).click();
    await frame().getByText('⟦of the file, to the byte⟧').waitFor();
    await frame().getByRole('tab', { name: '⟦Merge⟧' }).click();
    await frame()
      .getByText(/^⟦Adds the weighted sum|^⟦Keeps the largest weights/)
      .waitFor();
    await shoot(session(), 'another language studio');
  });

  it('no policy is violated', () => {
    expect(session().complaints).toEqual([]);
  });
});
