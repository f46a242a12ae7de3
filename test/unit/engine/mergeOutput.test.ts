import type { RangeSource } from '../../../extension/formats/tensorSource.ts';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../extension/formats/checkpoint.ts';
import { readSafetensorsHeader } from '../../../extension/formats/safetensors/safetensors.ts';
import { Cancelled } from '../../../extension/shared/errors.ts';
import { hiddenName, JOURNAL } from '../../../extension/files/hiddenNames.ts';
import type { MergeItemReport } from '../../../extension/engine/merge/tensor/mergeItem.ts';
import { BeingWritten } from '../../../extension/files/lock/beingWritten.ts';
import { copyCompanions } from '../../../extension/engine/merge/output/copyCompanions.ts';
import { ModelFolder, type ModelFolderOptions } from '../../../extension/engine/merge/output/modelFolder.ts';
import { parkJournal, partialBytes } from '../../../extension/engine/merge/output/partialFolder.ts';
import { fileFact } from '../../../extension/engine/merge/output/runIdentity.ts';
import {
  planShards,
  shardIndex,
  type UnplacedTensor,
} from '../../../extension/engine/merge/output/shards.ts';
import { fixture } from '../../checkpoints.ts';
import { ID, leaveLock } from '../../locks.ts';
import { temporaryFolder } from '../../temporary.ts';

const root = await temporaryFolder();
let folder: string;
let target: string;
let count = 0;
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(folder);
  target = join(folder, 'out');
});

const tensor = (name: string, bytes: number, dtype: 'U8' | 'BF16' = 'U8'): UnplacedTensor => ({
  name,
  dtype,
  shape: dtype === 'U8' ? [bytes] : [bytes / 2],
  bytes,
});
const TENSORS = [tensor('a', 60), tensor('b', 40), tensor('empty', 0), tensor('c', 300), tensor('d', 7)];
const SHARDS = planShards(TENSORS, 100);
const NAMES = SHARDS.map(({ name }) => name);
const dataOf = (index: number): Buffer => Buffer.alloc(TENSORS[index]?.bytes ?? 0, index + 1);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const open = (changes: Partial<ModelFolderOptions> = {}) =>
  ModelFolder.open({
    target,
    overwrite: false,
    resume: false,
    run: { method: 'ties' },
    shards: SHARDS,
    ...changes,
  });

/** What a job may report, with numbers and gaps that JSON does not have. */
const reportOf = (index: number): MergeItemReport => ({
  checksums: [undefined, `${index}`.repeat(16)],
  warnings: [],
  findings: {
    stats: {
      merged: index / 3,
      inputs: [NaN, 1e-300],
      products: [Infinity, -Infinity],
      moved: index,
      conflicts: 0,
      kept: index % 2 ? [{ moved: 3, kept: 2 }] : undefined,
      difference: { error: 0.1, energy: NaN },
    },
    written: { nonFinite: 1, overflowed: 2 },
    raised: 4,
    originals: [undefined, 'a'],
  },
});

/** Writes the tensors that are not finished, up to `end`, and says which. */
async function fill(model: ModelFolder, end = TENSORS.length): Promise<number[]> {
  const indices = TENSORS.map((_, i) => i).filter(i => i < end && !model.finished.has(i));
  for (const i of indices) {
    await model.begin(i);
    const data = dataOf(i);
    await model.append(data.subarray(0, 5));
    await model.append(data.subarray(5));
    await model.finish(i, reportOf(i));
  }
  return indices;
}

const NOTHING_MORE = { files: () => ({}) };

/** A run whose process died: only its lock remains. */
async function crash(model: ModelFolder): Promise<void> {
  const half = hiddenName(join(model.partial, NAMES.at(-1) as string), ID, 'tmp');
  await writeFile(half, 'half a shard');
  expect(await model.keep()).not.toEqual([]);
  await leaveLock(target);
}

describe('planShards', () => {
  test('fills shards in order; a tensor above the limit has its own', () => {
    expect(SHARDS.map(({ tensors }) => tensors.map(({ name }) => name))).toEqual([
      ['a', 'b', 'empty'],
      ['c'],
      ['d'],
    ]);
    expect(NAMES).toEqual([1, 2, 3].map(n => `model-0000${n}-of-00003.safetensors`));
    expect(SHARDS.map(({ first }) => first)).toEqual([0, 3, 4]);
  });

  test('one shard has the plain name and no index', () => {
    const shards = planShards(TENSORS, 1000);
    expect(shards.map(({ name }) => name)).toEqual(['model.safetensors']);
    expect(shardIndex(shards)).toBeUndefined();
  });

  test('headers and sizes are exact', async () => {
    for (const shard of SHARDS) {
      const file = join(folder, shard.name);
      await writeFile(file, Buffer.concat([shard.header(), Buffer.alloc(shard.bytes - shard.dataOffset)]));
      const header = await readSafetensorsHeader(file);
      expect(header).toMatchObject({ fileBytes: shard.bytes, dataOffset: shard.dataOffset });
      expect(header.metadata).toEqual({ format: 'pt' });
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      expect([...header.tensors].sort(byName)).toEqual([...shard.tensors].sort(byName));
      expect(shard.dataOffset % 8).toBe(0);
    }
  });
});

describe('writing', () => {
  test('weights and index are those of save_pretrained, byte for byte', async () => {
    const base = fixture('llama/base');
    const { files, tensors } = await openCheckpoint(base);
    const groups = files.map(file =>
      ([...tensors.values()] as RangeSource[])
        .filter(source => source.file === file)
        .sort((a, b) => a.offset - b.offset),
    );
    const inOrder = groups.flat();
    const shards = groups.map((group, s) => ({
      ...planShards(group, Infinity)[0]!,
      name: basename(files[s] as string),
      first: inOrder.indexOf(group[0]!),
    }));
    const model = await open({ shards });
    for (const [i, { file, offset, bytes }] of inOrder.entries()) {
      await model.begin(i);
      await model.append((await readFile(file)).subarray(offset, offset + bytes));
      await model.finish(i, reportOf(i));
    }
    const { files: written } = await model.commit({
      companions: (into, written) => copyCompanions(base, into, { tensors: written }),
      files: () => ({}),
    });
    expect((await readdir(target)).sort()).toEqual((await readdir(base)).sort());
    for (const name of await readdir(base)) {
      const made = await readFile(join(target, name));
      expect(written.find(file => file.name === name)).toEqual({
        name,
        bytes: made.length,
        sha256: sha256(made),
      });
      const expected = await readFile(join(base, name), 'latin1'); // bytes as characters
      // a count of parameters is written by transformers only: safetensors files do not say which tensors are buffers
      const withoutCount = expected.replace(/ *"total_parameters": \d+,\n/, '');
      expect(made.equals(Buffer.from(withoutCount, 'latin1')), name).toBe(true);
    }
  });

  test('nothing has the name until commit; further files are made from what was written', async () => {
    const model = await open();
    expect(await fill(model)).toEqual([0, 1, 2, 3, 4]);
    expect(await readdir(folder)).toEqual([
      expect.stringMatching(/^\.out\.[0-9a-f]{16}\.tvq-partial$/),
      '.out.tvq-lock',
    ]);
    let seen: string[] = [];
    await model.commit({
      files: written => {
        seen = written.map(({ name }) => name);
        return { 'README.md': '# out\n' };
      },
    });
    expect(seen).toEqual([...NAMES, 'model.safetensors.index.json']);
    expect(await readdir(folder)).toEqual(['out']);
    expect((await readdir(target)).sort()).toEqual(['README.md', ...seen].sort());
    const { tensors } = await openCheckpoint(target);
    for (const [i, { name }] of TENSORS.entries()) {
      const { file, offset, bytes } = tensors.get(name) as RangeSource;
      expect((await readFile(file)).subarray(offset, offset + bytes)).toEqual(dataOf(i));
    }
  });

  test('tensors out of order, missing and surplus bytes are defects', async () => {
    const model = await open();
    await expect(model.append(dataOf(0))).rejects.toThrow('before a tensor');
    await expect(model.begin(1)).rejects.toThrow('tensor 1 came, 0 was expected');
    await model.begin(0);
    await expect(model.append(Buffer.alloc(61))).rejects.toThrow('a: 61 of 60 bytes');
    await model.append(Buffer.alloc(59));
    await expect(model.begin(1)).rejects.toThrow('a: 59 of 60 bytes');
    await expect(model.commit(NOTHING_MORE)).rejects.toThrow(`${NAMES[0]} is not complete`);
    await model.discard();
  });

  test('discard leaves nothing, not even finished shards', async () => {
    const model = await open();
    await fill(model, 4);
    await model.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  test('discard takes the folders along that were made for it', async () => {
    const model = await open({ target: join(folder, 'new/deep/out') });
    await fill(model, 4);
    await model.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  test('keep leaves nothing when no shard is finished', async () => {
    const model = await open();
    await fill(model, 2);
    expect(await model.keep()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('overwriting', () => {
  test('an existing folder is refused at the start; one that appears meanwhile keeps the name', async () => {
    const model = await open();
    await fill(model);
    await mkdir(target);
    await writeFile(join(target, 'config.json'), 'precious');
    const { path, warnings } = await model.commit(NOTHING_MORE);
    expect(path).toBe(`${target}-2`);
    expect(warnings).toEqual([expect.stringMatching(/out: .* the complete result is in out-2$/)]);
    await expect(open()).rejects.toThrow('already exists');
    expect(await readdir(target)).toEqual(['config.json']);
    expect(await readdir(path)).toContain('model-00001-of-00003.safetensors');
    expect((await readdir(folder)).sort()).toEqual(['out', 'out-2']);
  });

  test('no file of an earlier run survives', async () => {
    const first = await open();
    await fill(first);
    await first.commit(NOTHING_MORE);
    const second = await open({ overwrite: true, shards: planShards(TENSORS, 1000) });
    await fill(second);
    expect(await readdir(target)).toContain('model.safetensors.index.json');
    await second.commit(NOTHING_MORE);
    expect(await readdir(target)).toEqual(['model.safetensors']);
    expect(await readdir(folder)).toEqual(['out']);
  });

  test.each([
    ['not a model folder', 'notes.txt'],
    ['a git repository', '.git'],
  ])('%s is not replaced', async (why, name) => {
    await mkdir(target);
    await writeFile(join(target, name), 'precious');
    await expect(open({ overwrite: true })).rejects.toThrow(why);
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('a file is not replaced', async () => {
    await writeFile(target, 'precious');
    await expect(open({ overwrite: true })).rejects.toThrow('is a file, not a folder');
  });
});

describe('resuming', () => {
  test('finished shards are taken over, half a shard is written again', async () => {
    const first = await open();
    await fill(first, 4);
    await crash(first);
    expect(await partialBytes(target)).toBeGreaterThan(400); // need no more space
    expect(await partialBytes(join(folder, 'nowhere', 'out'))).toBe(0);
    const second = await open({ resume: true });
    expect(second.notes).toEqual([`${target}: 2 of 3 weight files are reused from the earlier run`]);
    expect([...second.finished]).toEqual([0, 1, 2, 3].map(i => [i, reportOf(i)]));
    expect((await readdir(second.partial)).filter(name => name.includes('tvq-tmp'))).toEqual([]);
    expect(await fill(second)).toEqual([4]);
    await second.commit(NOTHING_MORE);
    expect((await readdir(target)).sort()).toEqual([...NAMES, 'model.safetensors.index.json']);
    expect((await openCheckpoint(target)).tensors.size).toBe(TENSORS.length);
  });

  test.each([
    ['a changed byte', (file: string) => corrupt(file)],
    ['a lost end', (file: string) => truncate(file, 100)],
  ])('a finished shard with %s is written again', async (_, damage) => {
    const first = await open();
    await fill(first);
    await crash(first);
    await damage(join(first.partial, NAMES[1] as string));
    const second = await open({ resume: true });
    expect([...second.finished.keys()]).toEqual([0, 1, 2, 4]);
    expect(second.notes[0]).toContain(`${NAMES[1]} changed after being written; made again`);
    expect(await fill(second)).toEqual([3]);
    const { files } = await second.commit(NOTHING_MORE);
    for (const { name, sha256: digest } of files)
      expect(sha256(await readFile(join(target, name)))).toBe(digest);
  });

  test('with nothing there it simply starts', async () => {
    const model = await open({ resume: true });
    expect(model.notes[0]).toContain('there is nothing to resume');
    expect(await fill(model)).toHaveLength(TENSORS.length);
    await model.commit(NOTHING_MORE);
  });

  const line = (text: string) => `${sha256(Buffer.from(text))} ${text}\n`;

  test.each([
    ['a journal that is gone', () => '', []],
    ['one of an earlier version', () => line('{"version":1,"run":{}}'), []],
    [
      'one with a changed number in the first shard',
      (text: string) => text.replace('"raised":4', '"raised":5'),
      [3],
    ],
    ['one that ends in the middle of the second shard', (text: string) => text.slice(0, -9), [0, 1, 2]],
  ])('%s: what it no longer tells of is written again', async (_, change, kept) => {
    const first = await open();
    await fill(first, 4);
    await crash(first);
    const journal = join(first.partial, JOURNAL);
    await writeFile(journal, change(await readFile(journal, 'utf8')));
    const second = await open({ resume: true });
    expect([...second.finished.keys()]).toEqual(kept);
    expect(second.notes[0]).toMatch(/without an entry in the journal of the earlier run, which is damaged/);
    await fill(second);
    await second.commit(NOTHING_MORE);
    expect((await openCheckpoint(target)).tensors.size).toBe(TENSORS.length);
  });

  test.each<[string, Partial<ModelFolderOptions>]>([
    ['it had a different method', { run: { method: 'linear' } }],
    ['it had a different setting of LiNeS', { run: { method: 'ties', 'setting of LiNeS': '1' } }],
    ['/a changed since', { run: { method: 'ties', [fileFact('/a')]: '8 1 1' } }],
    ['it had a different layout of the weight files', { shards: planShards(TENSORS, 1000) }],
  ])(
    'what is of another run is not taken over, as %s, and stays until this one is complete',
    async (why, changes) => {
      const first = await open({
        run: { method: 'ties', ...(why.startsWith('/') && { [fileFact('/a')]: '7 1 1' }) },
      });
      await fill(first, 4);
      await crash(first);
      const second = await open({ resume: true, ...changes });
      expect(second.finished.size).toBe(0);
      expect(second.notes).toEqual([expect.stringContaining(`is not resumed, because ${why}; starting`)]);
      expect(await readdir(first.partial)).toContain(NAMES[0]);
      await fill(second);
      await second.commit(NOTHING_MORE);
      expect(await readdir(folder)).toEqual(['out']);
    },
  );

  test('a run that died while the folder got its name left nothing in it, and is resumed where it had not', async () => {
    const first = await open();
    await fill(first);
    await parkJournal(target, first.partial); // what commit does just before
    await first.keep();
    const second = await open({ resume: true });
    expect(second.finished.size).toBe(TENSORS.length);
    await parkJournal(target, second.partial);
    await second.keep();
    await rename(second.partial, target); // killed just after
    expect((await readdir(target)).filter(name => name.startsWith('.'))).toEqual([]);
    await (await open({ overwrite: true })).discard();
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('without resume, earlier runs into the same target are removed, others are not', async () => {
    const first = await open();
    await fill(first, 4);
    await crash(first);
    const other = await open({ target: `${target}.more` });
    await fill(other, 4);
    await other.keep();
    const second = await open({ run: { method: 'linear' } });
    expect(second.finished.size).toBe(0);
    expect(second.notes).toEqual([
      expect.stringMatching(/left by an interrupted run with 2 finished weight files; removed/),
    ]);
    expect((await readdir(folder)).filter(name => name.endsWith('partial'))).toHaveLength(2);
    await second.discard();
    expect(await readdir(other.partial)).toContain(NAMES[0]);
  });

  test('the check of finished shards can be cancelled, and everything stays', async () => {
    const first = await open();
    await fill(first, 4);
    await first.keep();
    await expect(open({ resume: true, signal: AbortSignal.abort() })).rejects.toThrow(Cancelled);
    const second = await open({ resume: true });
    expect(second.finished.size).toBe(4);
    await second.discard();
  });
});

test('a second run into the same target is refused, also with another recipe, until the first has the name', async () => {
  const model = await open();
  await fill(model);
  await expect(open({ resume: true })).rejects.toThrow(BeingWritten);
  await expect(open({ run: { method: 'linear' } })).rejects.toThrow(BeingWritten);
  expect(await readdir(model.partial)).toContain(NAMES[0]);
  await model.commit({
    companions: async () => {
      await expect(open({ overwrite: true })).rejects.toThrow(BeingWritten);
      return { files: [], warnings: [] };
    },
    ...NOTHING_MORE,
  });
  expect((await stat(join(target, NAMES[0] as string))).isFile()).toBe(true);
  expect(await readdir(folder)).toEqual(['out']);
});

async function corrupt(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
}
