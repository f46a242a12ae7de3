/**
 * Adding a folder to a window with one folder: VS Code then restarts, together with its extensions. It prints its own
 * cancelled reads to the console, so the console says nothing about us here.
 */
import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import { LongJob, writeBigModels } from './harness/longJob.ts';

describe('a folder that is added while a job runs', IN_VSCODE, () => {
  const session = useSession();
  beforeAll(async () => {
    await writeBigModels(session());
  });

  it('ends the job, which is told at the next start', async () => {
    const { workbench, workspace } = session();
    const job = new LongJob(session(), 'big-tvq-int4.tvq');
    await job.ask();
    const engine = await job.held();
    await workbench.addFolder(workspace.path('models'));
    const told = workbench.page
      .locator('.notification-list-item')
      .filter({ hasText: 'its window was closed or reloaded' });
    await told.waitFor({ timeout: 90_000 });
    await shoot(session(), 'folder added');
    expect(await told.innerText()).toContain('Nothing was written');
    await job.gone(engine);
    expect((await readdir(workspace.path('big'))).sort()).toEqual(['base', 'tuned']);
  });
});
