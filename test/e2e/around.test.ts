/** What VS Code offers around the extension's own pages: tools for chats, the walkthrough, and tasks. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { inspect } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';
import type { Workbench } from './harness/workbench.ts';

describe('around the editor', IN_VSCODE, () => {
  const session = useSession();

  describe('language-model tools, called as in a chat,', () => {
    /** Calls a tool, answers its question if one is expected, and returns the answer to the model. */
    async function call<Answer>(name: string, input: object, press?: 'Yes' | 'Cancel'): Promise<Answer> {
      const { workbench, workspace } = session();
      const file = workspace.path('answer.json');
      await rm(file, { force: true });
      await writeFile(workspace.path('call.json'), JSON.stringify({ name, input }));
      await workbench.runCommand('Call Tool');
      if (press !== undefined) {
        await workbench.dialogButton(press).waitFor();
        await shoot(session(), `${name} asks`);
        await workbench.dialogButton(press).click();
      }
      const read = () => readFile(file, 'utf8').catch(() => '');
      await expect.poll(read, { timeout: 60_000 }).toMatch(/\}$/);
      const { text, error } = JSON.parse(await read()) as { text?: string; error?: string };
      if (text === undefined) throw new Error(error);
      return JSON.parse(text) as Answer;
    }

    const models = ['math', 'code'].map(name => ({ name, path: `models/${name}` }));
    const quantization = { base: 'models/base', tasks: models, output: 'small.tvq', budget: '4bpw' };
    const written = async () =>
      (await readdir(session().workspace.root)).filter(name => !/^\.|json$/.test(name));

    it('list the workspace', async () => {
      const { checkpoints } = await call<{ checkpoints: { path: string }[] }>('tvq_inspect_checkpoint', {});
      expect(checkpoints.map(({ path }) => path)).toEqual(
        ['base', 'chat', 'code', 'math'].map(name => `models/${name}`),
      );
    });

    it('write nothing that is not allowed', async () => {
      await expect(call('tvq_quantize_task_vectors', quantization, 'Cancel')).rejects.toThrow(/cancel/i);
      const outside = { ...quantization, output: '../small.tvq' };
      await expect(call('tvq_quantize_task_vectors', outside)).rejects.toThrow('is not in the workspace');
      expect(await written()).toEqual(['models']);
    });

    it('quantize', async () => {
      type Result = Readonly<Record<'bytes' | 'tasks', unknown>>;
      const result = await call<Result>('tvq_quantize_task_vectors', quantization, 'Yes');
      const { bytes, tasks } = inspect(session().workspace.path('small.tvq'));
      expect(tasks.map(({ name }) => name)).toEqual(['math', 'code']);
      expect(result).toMatchObject({ bytes, tasks: ['math', 'code'] });
      expect(await call('tvq_inspect_checkpoint', { path: 'small.tvq' })).toMatchObject({ bytes });
    });

    it('merge', async () => {
      const inputs = [{ name: 'math', path: 'small.tvq', task: 'math' }, models[1]];
      const merge = { base: 'models/base', inputs, method: 'ties', output: 'merged' };
      const { report } = await call<{ report: { norm: number } }>('tvq_merge_models', merge, 'Yes');
      expect(report.norm).toBeGreaterThan(0);
      expect(await readdir(session().workspace.path('merged'))).toContain('merge-report.json');
    });
  });

  it('walks through a first merge', async () => {
    const { workbench } = session();
    await workbench.runCommand('Welcome: Open Walkthrough...');
    await workbench.quickRow('Merge Your First Models').first().click();
    const steps = workbench.page.locator('.getting-started-step');
    await expect
      .poll(() => steps.locator('.step-title').allInnerTexts())
      .toEqual([
        'Open a folder with models',
        'Find them in the side bar',
        'Quantize the task vectors',
        'Spend bits where they help',
        'Merge',
        'Verify and restore',
      ]);
    await steps.nth(1).click();
    await shoot(session(), 'walkthrough');
    await steps.nth(1).getByRole('button', { name: 'Show Checkpoints' }).click();
    await workbench.treeItem(/^math\b/).waitFor();
    await steps.nth(1).locator('.complete').waitFor();
    // The view has found the workspace's models by now, so the first step is done too.
    await steps.nth(0).locator('.complete').waitFor();
  });

  it('runs a task of tasks.json, with spaces in its arguments', async () => {
    const { workbench, workspace } = session();
    const args = [
      'quantize',
      '--base',
      'models/base',
      '--task',
      'math=models/math',
      '-o',
      'made by task.tvq',
    ];
    const tasks = [{ type: 'tvq', label: 'keep math', args }];
    await mkdir(workspace.path('.vscode'), { recursive: true });
    await writeFile(workspace.path('.vscode', 'tasks.json'), JSON.stringify({ version: '2.0.0', tasks }));
    await chooseTask(workbench, 'keep math');
    const made = () => inspect(workspace.path('made by task.tvq')).tasks.map(({ name }) => name);
    await expect.poll(() => attempt(made), { timeout: 60_000 }).toEqual(['math']);
  });

  it('offers to verify each .tvq file, and lists a damaged one as a problem', async () => {
    const { workbench, workspace } = session();
    const file = workspace.path('made by task.tvq');
    const bytes = await readFile(file);
    const middle = bytes.length >> 1; // among the payloads
    await writeFile(file, bytes.fill(0xff, middle, middle + 16));
    await workbench.treeItem(/^made by task\.tvq/).waitFor();
    await chooseTask(workbench, 'tvq');
    await workbench.quickRow('verify made by task.tvq').first().click();
    await workbench.page.locator('[id="status.problems"]').filter({ hasText: '1' }).waitFor();
    await workbench.runCommand('Problems: Focus on Problems View');
    await workbench.treeItem(/damaged/).waitFor();
    await shoot(session(), 'problem of a task');
  });

  it('causes no error in the console but those that VS Code has for refused tools', () => {
    const { complaints } = session();
    expect(complaints.filter(text => !text.includes('LanguageModelToolsService'))).toEqual([]);
  });
});

/** VS Code reads tasks.json when it notices it, so a task may be offered only the next time. */
async function chooseTask(workbench: Workbench, name: string): Promise<void> {
  const row = workbench.quickRow(name).first();
  await expect
    .poll(
      async () => {
        await workbench.page.keyboard.press('Escape');
        await workbench.runCommand('Tasks: Run Task');
        await workbench.quickRow('Show All Tasks').waitFor();
        return row.isVisible();
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  await row.click();
}

/** undefined while the file does not exist yet. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
