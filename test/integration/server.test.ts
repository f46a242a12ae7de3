/** The engine process, used in the same way as by the extension host. */
import { fork, type ChildProcess } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import {
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
} from 'vscode-jsonrpc/node';
import type { ProgressNotification } from '../../extension/protocol/engine.ts';
import type { QuantizeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import type { QuantizeResult } from '../../extension/protocol/results.ts';
import { safetensorsBytes } from '../checkpoints.ts';
import { leftovers, OPTIONS, recipe } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = await temporaryFolder();
const engine: ChildProcess = fork(fileURLToPath(new URL('../../dist/engine.mjs', import.meta.url)), {
  silent: true,
});
const connection = createMessageConnection(new IPCMessageReader(engine), new IPCMessageWriter(engine));
const progress: ProgressNotification[] = [];
connection.onNotification('tvq/progress', (update: ProgressNotification) => void progress.push(update));
connection.listen();
afterAll(() => {
  connection.dispose();
  engine.kill();
});

const quantize = (
  asked: QuantizeRecipe,
  request: string,
  token = new CancellationTokenSource().token,
  options: RunOptions = OPTIONS,
) => connection.sendRequest<QuantizeResult>('quantize', asked, options, request, token);

test("a job answers with its result and reports progress under its request's id", async () => {
  const result = await quantize(recipe(join(folder, 'a.tvq')), 'request-1');
  expect(result.tasks).toEqual(['code', 'math', 'chat']);
  const last = progress.filter(({ request }) => request === 'request-1').at(-1);
  expect(last?.done).toBe(last?.total);
});

test('a plan', async () => {
  const plan = await connection.sendRequest('plan', recipe(join(folder, 'b.tvq')), OPTIONS);
  expect(plan).toMatchObject({ tensors: { quantized: 48, kept: 15, unchanged: 0 }, problems: [] });
});

test('plans of several recipes are those of each', async () => {
  const asked = [{ bits: 2 }, { scheme: 'rtvq' as const }, { budget: '8%' }].map(changes =>
    recipe(join(folder, 'b.tvq'), changes),
  );
  const each = asked.map(one => connection.sendRequest('plan', one, OPTIONS));
  expect(await connection.sendRequest('planAll', asked, OPTIONS)).toEqual(await Promise.all(each));
});

test('an error is answered with its message', async () => {
  await expect(quantize(recipe(join(folder, 'a.tvq')), 'request-2')).rejects.toThrow('already exists');
  await expect(quantize(recipe('x.tvq', { bits: 99 }), 'request-3')).rejects.toThrow(
    'bits 99: bits must be 1 to 8',
  );
});

/** A checkpoint that takes a while to read but no disk space: its data is a hole in the file. */
async function sparse(name: string, megabytes: number): Promise<string> {
  const rows = megabytes * 256;
  const path = join(folder, name);
  const file = await open(path, 'w');
  const header = safetensorsBytes({
    w: { dtype: 'F32', shape: [rows, 1024], data_offsets: [0, rows * 4096] },
  });
  await file.write(header);
  await file.truncate(header.length + rows * 4096);
  await file.close();
  return path;
}

/** Starts a job that takes a while, and waits until its temporary file exists. */
async function startLong(output: string, token = new CancellationTokenSource().token) {
  const base = await sparse('base.safetensors', 2048);
  const tasks = [{ name: 'one', path: await sparse('one.safetensors', 2048) }];
  const job = quantize(recipe(output, { base, tasks }), 'request-4', token);
  job.catch(() => undefined);
  while ((await leftovers(output)).length === 0) await new Promise(resolve => setTimeout(resolve, 1));
  return { job };
}

test('cancelling ends the job, leaves nothing behind, and the engine works on', async () => {
  const cancel = new CancellationTokenSource();
  const output = join(folder, 'c.tvq');
  const { job } = await startLong(output, cancel.token);
  cancel.cancel();
  await expect(job).rejects.toThrow('cancelled');
  expect(await leftovers(output)).toEqual([]);
  await expect(stat(output)).rejects.toThrow('ENOENT');
  expect((await quantize(recipe(join(folder, 'd.tvq')), 'request-5')).backend).toBe('cpu');
});

test('an engine whose host is gone ends, and takes what it was writing with it', async () => {
  const output = join(folder, 'e.tvq');
  await startLong(output);
  const ended = new Promise(resolve => engine.once('exit', resolve));
  engine.disconnect();
  await ended;
  expect(await leftovers(output)).toEqual([]);
  await expect(stat(output)).rejects.toThrow('ENOENT');
});
