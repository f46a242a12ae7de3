/** The host's end of the engine against small stand-ins that crash, hang or answer. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { EngineClient } from '../../extension/host/engineClient.ts';
import { CancelledError } from '../../extension/host/engineErrors.ts';
import { findNodeRuntime } from '../../extension/host/nodeRuntime.ts';
import type { QuantizeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import type { Progress } from '../../extension/protocol/results.ts';
import type { Told } from '../../extension/shared/remedies.ts';

/** Answers JSON-RPC over Node's IPC channel; `on` decides what a request gets. */
const STAND_IN = `
  const answer = (id, result) => process.send({ jsonrpc: '2.0', id, result });
  const refuse = (id, code, message, data) => process.send({ jsonrpc: '2.0', id, error: { code, message, data } });
  const notify = (method, params) => process.send({ jsonrpc: '2.0', method, params });
  process.on('message', message => on(message));
  process.on('disconnect', () => process.exit(0));
`;

const ENGINES = {
  healthy: `const on = ({ id, method, params: [, options, request] }) => {
    if (method !== 'quantize') return;
    notify('tvq/progress', { request, done: 1, total: 2, current: 'a.weight' });
    answer(id, { backend: options.backend, pid: process.pid, env: process.env });
  };`,
  crashesOnGpu: `const on = ({ id, params: [, options] }) =>
    options.backend === 'cpu' ? answer(id, { backend: 'cpu', backendReason: 'CPU: it was requested' }) : process.kill(process.pid, 'SIGSEGV');`,
  crashes: `const on = () => process.kill(process.pid, 'SIGSEGV');`,
  full: `const on = ({ id }) => refuse(id, 1, 'too little', [{ message: 'too little', remedy: { code: 'memory' } }, { message: 'b' }]);`,
  plans: `const on = ({ id }) => answer(id, [{ problems: [{ severity: 'error', message: 'c', remedy: { code: 'memory' } }] }, {}]);`,
  refuses: `const on = ({ id }) => refuse(id, -32000, 'base: there is no such file or folder');`,
  cancels: `let pending; const on = ({ id, method, params }) => {
    if (method === '$/cancelRequest') refuse(pending, -32800, 'cancelled'); else pending = id;
  };`,
  hangs: `const on = ({ method, params: [, , request] = [] }) => {
    if (method === 'quantize') {
      notify('tvq/progress', { request, done: process.pid, total: 0, current: '' });
      setTimeout(() => { for (;;); }, 50);
    }
  };`,
} as const;

const RECIPE = { kind: 'quantize' } as QuantizeRecipe;
const OPTIONS: RunOptions = { backend: 'auto', memory: 2 ** 30, threads: 0 };

let folder: string;
let client: EngineClient | undefined;
const log: string[] = [];
const said = ({ message, remedy }: Told) => (remedy ? `${message}: ${remedy.code}` : message);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tvq-engine-'));
  for (const [name, code] of Object.entries(ENGINES)) {
    await writeFile(join(folder, `${name}.mjs`), code + STAND_IN);
  }
});
afterEach(() => client?.dispose());
afterAll(async () => rm(folder, { recursive: true, force: true }));

function start(name: keyof typeof ENGINES, nodePath = ''): EngineClient {
  const write = (message: string) => void log.push(message);
  client = new EngineClient({
    enginePath: join(folder, `${name}.mjs`),
    nodePath: () => nodePath,
    log: { info: write, warn: write, error: write },
    said,
    onStopped: () => undefined,
  });
  return client;
}

function quantize(engine: EngineClient, source = new CancellationTokenSource()) {
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => void seen.push(progress);
  return { seen, result: engine.requests.quantize(RECIPE, OPTIONS, { token: source.token, onProgress }) };
}

async function askPid(engine: EngineClient): Promise<number> {
  return ((await quantize(engine).result) as unknown as { pid: number }).pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the engine client', () => {
  it('passes results and progress on, and keeps the editor out of the environment', async () => {
    process.env['VSCODE_TEST'] = 'x';
    const { seen, result } = quantize(start('healthy'));
    const { env } = (await result) as unknown as { env: Record<string, string> };
    delete process.env['VSCODE_TEST'];
    expect(seen).toEqual([{ done: 1, total: 2, current: 'a.weight' }]);
    expect(env['UV_THREADPOOL_SIZE']).toBe('8');
    expect(Object.keys(env).filter(name => /^(VSCODE_|ELECTRON_|NODE_OPTIONS)/.test(name))).toEqual([]);
  });

  it('starts a crashed engine once more, on the CPU', async () => {
    const result = await quantize(start('crashesOnGpu')).result;
    expect(result).toEqual({
      backend: 'cpu',
      backendReason: 'CPU: the engine crashed and was started again',
    });
    expect(log.join('\n')).toContain('stopped unexpectedly (SIGSEGV)');
  });

  it('gives up when it crashes again', async () => {
    await expect(quantize(start('crashes')).result).rejects.toThrow(/started again on the CPU/);
  });

  it("passes the engine's message on", async () => {
    await expect(quantize(start('refuses')).result).rejects.toThrow('base: there is no such file or folder');
  });

  it('words the remedies of errors and of the problems of plans', async () => {
    await expect(quantize(start('full')).result).rejects.toThrow(/^too little: memory\nb$/);
    const plans = await start('plans').requests.planAll([RECIPE], OPTIONS);
    expect(plans).toEqual([{ problems: [{ severity: 'error', message: 'c: memory' }] }, {}]);
  });

  it('cancels', async () => {
    const source = new CancellationTokenSource();
    const { result } = quantize(start('cancels'), source);
    setTimeout(() => source.cancel(), 300);
    await expect(result).rejects.toBeInstanceOf(CancelledError);
  });

  it('kills an engine that does not answer a cancellation within a second', async () => {
    const source = new CancellationTokenSource();
    const { seen, result } = quantize(start('hangs'), source);
    await expect.poll(() => seen.length).toBe(1);
    const pid = seen[0]?.done ?? 0;
    const cancelled = performance.now();
    source.cancel();
    await expect(result).rejects.toBeInstanceOf(CancelledError);
    expect(performance.now() - cancelled).toBeLessThan(3000);
    expect(isAlive(pid)).toBe(false);
  });

  it('ends the engine when it is disposed', async () => {
    const engine = start('healthy');
    const pid = await askPid(engine);
    expect(isAlive(pid)).toBe(true);
    engine.dispose();
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('ends an engine that had nothing to do for five minutes, and starts another when asked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const engine = start('healthy');
    const first = await askPid(engine);
    vi.advanceTimersByTime(5 * 60_000 - 1);
    expect(await askPid(engine)).toBe(first);
    vi.advanceTimersByTime(5 * 60_000);
    vi.useRealTimers();
    await expect.poll(() => isAlive(first)).toBe(false);
    expect(await askPid(engine)).not.toBe(first);
  });

  it('starts anew after its executable was changed', async () => {
    const engine = start('healthy');
    const first = await askPid(engine);
    engine.retire();
    expect(await askPid(engine)).not.toBe(first);
  });

  it('names the setting when its executable will not do, and tries again after it is corrected', async () => {
    let setting = '/nowhere/node';
    const engine = new EngineClient({
      enginePath: join(folder, 'healthy.mjs'),
      nodePath: () => setting,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      said,
      onStopped: () => undefined,
    });
    client = engine;
    await expect(quantize(engine).result).rejects.toThrow(/tvq\.engine\.nodePath.*was not found/);
    setting = '';
    expect(await quantize(engine).result).toMatchObject({ backend: 'auto' });
  });
});

describe('the choice of Node.js', () => {
  const script = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const electron = { node: '22.0.0', electron: '35.0.0' };

  it("takes the host's own executable where that is plain Node.js", async () => {
    const found = await findNodeRuntime('', { execPath: '/a/node', versions: { node: '22.1.0' }, env: {} });
    expect(found).toMatchObject({ executable: '/a/node', cpuOnly: undefined });
  });

  it('refuses a Node.js that is too old, and what is no Node.js', async () => {
    await expect(findNodeRuntime(await script('old', 'echo v18.20.0'))).rejects.toThrow(/18\.20\.0, and 20/);
    await expect(findNodeRuntime(await script('other', 'echo hello'))).rejects.toThrow(/is not Node\.js/);
  });

  it('takes node from PATH in Electron', async () => {
    await script('node', 'echo v24.1.0');
    const env = { PATH: folder };
    const found = await findNodeRuntime('', { execPath: '/a/code', versions: electron, env });
    expect(found).toMatchObject({ executable: 'node', cpuOnly: undefined });
  });

  it("falls back to the editor's runtime, on the CPU only", async () => {
    const env = { PATH: '/nowhere', ELECTRON_RUN_AS_NODE: '0' };
    const found = await findNodeRuntime('', { execPath: '/a/code', versions: electron, env });
    expect(found.executable).toBe('/a/code');
    expect(found.cpuOnly).toContain('tvq.engine.nodePath');
    expect(found.env['ELECTRON_RUN_AS_NODE']).toBe('1');
  });
});
