/** A workspace that is not trusted: viewing works, running is off. */
import { describe, expect, it } from 'vitest';
import { inspect, tvq } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { expected, InspectorPage } from './harness/inspectorPage.ts';

describe('in a restricted workspace', IN_VSCODE, () => {
  const session = useSession(true);

  it('shows checkpoints, and says why they cannot be quantized', async () => {
    const { workbench } = session();
    await workbench.showView('TVQ Studio');
    await workbench.treeItem(/^base\b/).waitFor();
    await workbench.page.getByText('quantizing needs a trusted workspace').waitFor();
    await shoot(session(), 'restricted tree');
  });

  it('opens a .tvq file', async () => {
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
    const page = new InspectorPage(workbench.inspector);
    await page.loaded();
    expect(await page.shown()).toEqual(expected(inspect(output)));
    await shoot(session(), 'restricted inspector');
  });

  it('does not offer to run', async () => {
    const titles = (await session().workbench.commandsFor('TVQ: ')).join('\n');
    expect(titles).toContain('Show Log');
    expect(titles).not.toContain('Quantize Task Vectors');
    expect(titles).not.toContain('Merge Models');
    expect(titles).not.toContain('Restore Checkpoint');
  });
});
