/** Language-model tools, called as in a chat: what they ask first, and what they write. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from './harness/cli.ts';
import { IN_VSCODE, shoot, useSession } from './harness/environment.ts';

describe('language-model tools', IN_VSCODE, () => {
  const session = useSession();

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

  it('cause no error in the console but those that VS Code has for refusals', () => {
    const { complaints } = session();
    expect(complaints.filter(text => !text.includes('LanguageModelToolsService'))).toEqual([]);
  });
});
