/** Threads stay for the next run, with nothing of the last one, and no longer than that pays. */
import { readdir, readlink } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import { kernelModule } from '../../extension/engine/kernels.ts';
import { KeptThreads } from '../../extension/engine/scheduler/keptThreads.ts';
import type { Thread } from '../../extension/engine/scheduler/thread.ts';
import { endIdleThreads } from '../../extension/engine/scheduler/threads.ts';
import { f32, writeSafetensors } from '../checkpoints.ts';
import { checkpointInput, merge, mergeRecipe, OPTIONS, quantize, recipe } from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
const ARENA = 2 ** 20;
const take = async (kept: KeptThreads, count: number, arena = ARENA): Promise<Thread[]> =>
  kept.take(count, arena, await kernelModule());

/** The threads of the runs so far, of all jobs of this process. */
const runs: Thread[][] = [];
beforeAll(endIdleThreads);
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  runs.length = 0;
  await endIdleThreads();
});
function watchRuns(): void {
  const { take } = KeptThreads.prototype; // oxlint-disable-line typescript/unbound-method
  vi.spyOn(KeptThreads.prototype, 'take').mockImplementation(async function (this: KeptThreads, ...asked) {
    const threads = await take.apply(this, asked);
    runs.push(threads);
    return threads;
  });
}

test('a run takes those of the last one with the same memory; others end before it starts', async () => {
  const kept = new KeptThreads();
  const [a, b] = (await take(kept, 2)) as [Thread, Thread];
  await kept.keep([a, b]);
  const again = await take(kept, 3);
  expect(again.slice(0, 2)).toEqual([a, b]);
  await kept.keep(again);
  expect(await take(kept, 1)).toEqual([a]);
  expect(again.map(({ ended }) => ended)).toEqual([false, true, true]);
  await kept.keep([a]);
  const [other] = (await take(kept, 1, 2 * ARENA)) as [Thread];
  expect([a.ended, other.ended]).toEqual([true, false]);
  await kept.keep([other]);
  await kept.endIdle();
  expect(other.ended).toBe(true);
});

test('one that ended by itself is not taken', async () => {
  const kept = new KeptThreads();
  const [thread] = (await take(kept, 1)) as [Thread];
  await thread.terminate();
  await kept.keep([thread]);
  const [next] = (await take(kept, 1)) as [Thread];
  expect(next.ended).toBe(false);
  await next.terminate();
});

test('they end when they were idle for ten seconds, and not while they run', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const kept = new KeptThreads();
  const [thread] = (await take(kept, 1)) as [Thread];
  await kept.keep([thread]);
  vi.advanceTimersByTime(9000);
  expect(await take(kept, 1)).toEqual([thread]);
  vi.advanceTimersByTime(60_000);
  expect(thread.ended).toBe(false);
  await kept.keep([thread]);
  vi.advanceTimersByTime(11_000);
  await expect.poll(() => thread.ended).toBe(true);
});

test('idle ones do not keep the process alive', async () => {
  const waiting = () => process.getActiveResourcesInfo().filter(name => name === 'MessagePort').length;
  const before = waiting();
  const kept = new KeptThreads();
  const threads = await take(kept, 1);
  expect(waiting()).toBeGreaterThan(before);
  await kept.keep(threads);
  expect(waiting()).toBe(before);
  await take(kept, 1);
  expect(waiting()).toBeGreaterThan(before);
  await threads[0]?.terminate();
});

test.skipIf(platform() !== 'linux')('the files of a job are closed when it is over', async () => {
  watchRuns();
  const [base, tuned] = [path('.safetensors'), path('.safetensors')];
  await writeSafetensors(base, { w: f32([64, 64], i => i) });
  await writeSafetensors(tuned, { w: f32([64, 64], i => 2 * i) });
  await quantize(recipe(path('.tvq'), { base, tasks: [{ name: 't', path: tuned }] }));
  expect(runs.flat().some(({ ended }) => ended)).toBe(false);
  const handles = await readdir('/proc/self/fd');
  const open = await Promise.all(handles.map(fd => readlink(join('/proc/self/fd', fd)).catch(() => '')));
  expect(open.filter(file => [base, tuned].includes(file))).toEqual([]);
});

test('those of a run that was cancelled, or failed, end; the next has new ones', async () => {
  watchRuns();
  const stop = new AbortController();
  const cancelled = engine.quantize(recipe(path('.tvq')), OPTIONS, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await expect(cancelled).rejects.toThrow('cancelled');
  const [good, bad] = [path('.safetensors'), path('.safetensors')];
  await writeSafetensors(good, { w: f32([4, 4], i => i) });
  await writeSafetensors(bad, { w: f32([4, 4], () => NaN) });
  const merging = merge(
    mergeRecipe(
      path(),
      'linear',
      [good, bad].map(file => checkpointInput(file)),
    ),
  );
  await expect(merging).rejects.toThrow(bad);
  expect(runs).toHaveLength(2);
  expect(runs.flat().map(({ ended }) => ended)).not.toContain(false);
  await quantize(recipe(path('.tvq')));
  expect(runs.at(-1)?.map(({ ended }) => ended)).not.toContain(true);
});
