/** Analyses are measured once: another budget reuses them, changed checkpoints and other settings do not. */
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import * as engine from '../../extension/engine/engine.ts';
import { openTvq } from '../../extension/formats/tvq/reader.ts';
import type { QuantizeRecipe, RunOptions } from '../../extension/protocol/recipes.ts';
import { f32, noise, writeSafetensors } from '../checkpoints.ts';
import * as tvq from '../engine.ts';
import { temporaryPaths } from '../temporary.ts';

const path = await temporaryPaths();
let cache = '';
beforeEach(() => (cache = path()));

const checkpoint = (seed: number) => {
  const value = noise(seed);
  return { 'a.weight': f32([40, 50], value), 'b.weight': f32([60, 50], value) };
};

async function made(changes: Partial<QuantizeRecipe> = {}): Promise<QuantizeRecipe> {
  const [base, task] = [path('.safetensors'), path('.safetensors')];
  await writeSafetensors(base, checkpoint(1));
  await writeSafetensors(task, checkpoint(2));
  return tvq.recipe(path('.tvq'), {
    base,
    tasks: [{ name: 't', path: task }],
    budget: 'codes=2bpw',
    ...changes,
  });
}

/** Number of tensors measured for an analysis. */
async function measured(asked: QuantizeRecipe, options: Partial<RunOptions> = { cache }): Promise<number> {
  let most = 0;
  const onProgress = ({ total }: { total: number }) => (most = Math.max(most, total));
  await engine.analyze(asked, { ...tvq.OPTIONS, ...options }, { ...tvq.hooks(), onProgress });
  return most;
}

const content = async (file: string): Promise<Buffer> =>
  (await readFile(file)).subarray((await openTvq(file)).headerBytes);

test('another budget, sensitivity or output does not measure again, and gives the same bytes', async () => {
  const asked = await made();
  const first = await engine.analyze(asked, { ...tvq.OPTIONS, cache }, tvq.hooks());
  expect(await readdir(cache)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.analysis$/)]);
  expect(await engine.analyze(asked, { ...tvq.OPTIONS, cache }, tvq.hooks())).toEqual(first);
  for (const changes of [{ budget: 'codes=1bpw' }, { sensitivity: 'energy' as const }, { bits: 2 }]) {
    expect(await measured({ ...asked, ...changes, output: path('.tvq') })).toBe(0);
  }
  const fresh = { ...asked, output: path('.tvq') };
  expect(await measured(fresh, {})).toBe(2);
  await tvq.quantize(asked, { cache });
  await tvq.quantize(fresh);
  expect((await content(asked.output)).equals(await content(fresh.output))).toBe(true);
});

test('a changed checkpoint, other tensors and pruning are measured', async () => {
  const asked = await made();
  const task = asked.tasks[0]?.path as string;
  expect(await measured(asked)).toBe(2);
  expect(await measured({ ...asked, keep: ['^b'] })).toBe(1);
  expect(await measured({ ...asked, prune: 0.5 })).toBe(2);
  expect(await measured(asked)).toBe(0);
  // Same length, and the same stated time.
  const { atime, mtime } = await stat(task);
  await writeSafetensors(task, checkpoint(3));
  await utimes(task, atime, mtime);
  expect(await measured(asked)).toBe(2);
  expect((await readdir(cache)).length).toBe(4);
});

test('a broken file is measured again and replaced', async () => {
  const asked = await made();
  await measured(asked);
  const [name] = await readdir(cache);
  const file = join(cache, name as string);
  const whole = await readFile(file);
  for (const broken of [
    whole.subarray(0, -1),
    Buffer.from('[]'),
    Buffer.from(''),
    Buffer.from(whole).fill(50, 70, 71),
  ]) {
    await writeFile(file, broken);
    expect(await measured(asked)).toBe(2);
    expect((await readFile(file)).equals(whole)).toBe(true);
  }
});

test('values that are not finite survive', async () => {
  const asked = await made();
  await writeSafetensors(asked.tasks[0]?.path as string, {
    ...checkpoint(2),
    'b.weight': f32([60, 50], i => (i === 7 ? NaN : i)),
  });
  const outputs = [asked.output, path('.tvq')];
  for (const output of outputs) await tvq.quantize({ ...asked, budget: 'codes=2bpw', output }, { cache });
  const [a, b] = await Promise.all(outputs.map(content));
  expect(a?.equals(b as Buffer)).toBe(true);
});

test('a folder that cannot be used is as good as none', async () => {
  const asked = await made();
  await writeFile(cache, 'a file');
  expect(await measured(asked)).toBe(2);
  expect(await measured(asked)).toBe(2);
  expect(await readFile(cache, 'utf8')).toBe('a file');
});

test('only the files used last stay, whatever else lies there', async () => {
  const asked = await made();
  await mkdir(cache);
  await writeFile(join(cache, 'notes.txt'), 'mine');
  for (let i = 0; i < 20; i++) {
    const file = join(cache, `${i}.analysis`);
    await writeFile(file, 'old');
    await utimes(file, i, i);
  }
  await measured(asked);
  const names = await readdir(cache);
  expect(names).toHaveLength(17);
  expect(names).toContain('notes.txt');
  expect(names).not.toContain('4.analysis');
  expect(names).toContain('5.analysis');
  expect(await measured(asked)).toBe(0);
});
