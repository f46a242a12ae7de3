/** An untrusted workspace: names and sizes are shown, and nothing is opened until it is trusted. */
import { describe, expect, it } from 'vitest';
import { inspect, tvq } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { expected, InspectorPage } from './harness/inspectorPage.ts';

describe('in a restricted workspace', IN_VSCODE, () => {
  const session = useSession({ restricted: true, language: undefined });

  it('shows models by name and size, and says why there is no more', async () => {
    const { workbench } = session();
    await workbench.showView('TVQ Studio');
    await workbench.treeItem(/^base\b/).waitFor();
    expect(await workbench.treeRow('base')).toMatch(/\d (kB|MB|KiB|MiB)/);
    await workbench.page.getByText('names and sizes only').waitFor();
    await shoot(session(), 'restricted tree');
  });

  it('does not open a .tvq file', async () => {
    const { workbench, workspace } = session();
    const output = workspace.path('small.tvq');
    const paths = [
      '--base',
      workspace.path('models/base'),
      '--task',
      `code=${workspace.path('models/code')}`,
      '-o',
      output,
    ];
    tvq('quantize', ...paths, '--scheme', 'tvq', '--bits', '4', '--backend', 'cpu');
    await workbench.treeItem(/^small\.tvq/).click();
    await workbench.inspector.getByText('not opened in Restricted Mode').waitFor();
    await shoot(session(), 'restricted inspector');
  });

  it('does not offer to run', async () => {
    const titles = (await session().workbench.commandsFor('TVQ: ')).join('\n');
    expect(titles).toContain('Show Log');
    expect(titles).not.toContain('Quantize Task Vectors');
    expect(titles).not.toContain('Merge Models');
    expect(titles).not.toContain('Restore Checkpoint');
  });

  it('opens everything once it is trusted', async () => {
    const { workbench, workspace } = session();
    await workbench.runCommand('Workspaces: Manage Workspace Trust');
    await workbench.page.getByRole('button', { name: 'Trust', exact: true }).click();
    // The tree and the editor behind the dialog fill without a user action.
    const page = new InspectorPage(workbench.inspector);
    await page.loaded();
    expect(await page.shown()).toEqual(expected(inspect(workspace.path('small.tvq'))));
    expect(await workbench.treeRow('base')).toContain('BF16');
    await shoot(session(), 'trusted tree');
  });
});
