/** Tasks of type `tvq`: what is run, and how its output is parsed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTvq } from '../../../extension/formats/tvq/reader.ts';
import { findNodeRuntime, type HostProcess } from '../../../extension/host/nodeRuntime.ts';
import { argumentsOf, invocationOf, verifyTask } from '../../../extension/host/tasks/definition.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { fixture } from '../../checkpoints.ts';

describe('a definition', () => {
  it.each([
    [{ type: 'tvq', args: ['verify', 'a b.tvq'] }, ['verify', 'a b.tvq']],
    [{ type: 'tvq', args: [] }, undefined],
    [{ type: 'tvq' }, undefined],
    [{ type: 'tvq', args: 'verify a.tvq' }, undefined],
    [{ type: 'tvq', args: ['merge', 3] }, undefined],
    [{ type: 'shell', args: ['verify', 'a.tvq'] }, undefined],
  ])('%j gives %j', (definition, args) => {
    expect(argumentsOf(definition)).toEqual(args);
  });

  it('names a file from its workspace folder', () => {
    const file = join('/w', 'models', 'a b.tvq');
    expect(verifyTask(file, '/w').args).toEqual(['verify', join('models', 'a b.tvq')]);
  });
});

describe('an invocation', () => {
  const host = (versions: HostProcess['versions'], env: NodeJS.ProcessEnv): HostProcess => ({
    execPath: '/opt/editor',
    versions,
    env,
  });

  it('adds to the environment what the engine has, and hands nothing else over', async () => {
    const around = { PATH: '/bin', VSCODE_PID: '1', SECRET: 'x' };
    const runtime = await findNodeRuntime('', host({ node: '22.0.0' }, around));
    expect(invocationOf(runtime, '/x/tvq.mjs', ['verify', 'a b.tvq'], around)).toEqual({
      process: '/opt/editor',
      args: ['/x/tvq.mjs', 'verify', 'a b.tvq'],
      env: { UV_THREADPOOL_SIZE: '8' },
    });
  });

  it("runs the editor's own runtime as Node.js where there is no other", async () => {
    const around = { PATH: '/nowhere' };
    const runtime = await findNodeRuntime('', host({ node: '22.0.0', electron: '34.0.0' }, around));
    expect(invocationOf(runtime, '/x/tvq.mjs', [], around).env).toEqual({
      ELECTRON_RUN_AS_NODE: '1',
      UV_THREADPOOL_SIZE: '8',
    });
  });

  it('passes arguments on as they are', async () => {
    const runtime = await findNodeRuntime('');
    const words = ['a b', '"quoted"', '$HOME', "it's", ''];
    const print = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    const { process: executable, args, env } = invocationOf(runtime, '-e', [print, '--', ...words]);
    const { stdout } = spawnSync(executable, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(words);
  });
});

describe('the problem matcher', () => {
  const [{ pattern } = { pattern: undefined }] = manifest.contributes.problemMatchers;
  const match = (line: string) => {
    const found = new RegExp(pattern?.regexp ?? '').exec(line);
    return found && { severity: found[1], file: found[2], message: found[3] };
  };

  it('finds the file in what the engine says', async () => {
    const file = fixture('bad-safetensors/overlap.safetensors');
    const error = await openTvq(file).catch((thrown: Error) => thrown);
    expect(match(`tvq: ${(error as Error).message}`)).toMatchObject({ severity: undefined, file });
  });

  it.each([
    ['warning: a/b.tvq: task "x" is odd', 'warning', 'a/b.tvq', 'task "x" is odd'],
    ['tvq: C:\\models\\a b.tvq: permission denied', undefined, 'C:\\models\\a b.tvq', 'permission denied'],
    ['models/a.tvq: damaged', undefined, 'models/a.tvq', 'damaged'],
    ['tvq: merge.yml: line 3: no method', undefined, 'merge.yml', 'line 3: no method'],
  ])('reads %s', (line, severity, file, message) => {
    expect(match(line)).toEqual({ severity, file, message });
  });

  it.each([
    'models/a.tvq: whole; 3 tensors, 2 kB',
    'tvq: name a method with --method: ties',
    ' 50 %  a.weight',
  ])('leaves %s alone', line => expect(match(line)).toBeNull());
});
