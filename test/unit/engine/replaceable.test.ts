/** What outputs may replace, and that a model is never lost while another takes its name. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AtomicFile } from '../../../extension/files/atomic.ts';
import { AtomicFolder } from '../../../extension/files/atomicFolder.ts';
import { openCheckpoint } from '../../../extension/formats/checkpoint.ts';
import { summarizeCheckpoints } from '../../../extension/formats/discover.ts';
import { hiddenName } from '../../../extension/files/hiddenNames.ts';
import { OutputLock } from '../../../extension/files/lock/outputLock.ts';
import { checkReplaceable } from '../../../extension/files/replaceable.ts';
import { f32, writeSafetensors } from '../../checkpoints.ts';
import { ID } from '../../locks.ts';

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tvq-replaceable-'));
  target = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Files by path below the target; `/` at the end makes an empty folder. */
async function put(...names: readonly string[]): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const name of names) {
    const path = join(target, name);
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) await writeFile(path, 'precious');
  }
}

const MODEL = ['config.json', 'model.safetensors', 'tokenizer.json', 'README.md'];

describe('a folder is replaced', () => {
  test.each([
    ['nothing', []],
    ['a merged model', [...MODEL, 'merge-recipe.yml', 'merge-report.json', 'generation_config.json']],
    ['shards', ['model-00001-of-00002.safetensors', 'model.safetensors.index.json', 'LICENSE']],
    ['modules of sentence-transformers', [...MODEL, 'modules.json', '1_Pooling/config.json']],
    [
      'code and vocabularies',
      [...MODEL, 'modeling_mine.py', 'vocab.txt', 'merges.txt', 'chat_template.jinja'],
    ],
    ['what file managers leave', [...MODEL, '.DS_Store', '.gitattributes']],
    ['what a killed run left', [...MODEL, '.a.tvq.tvq-lock', `.a.tvq.${ID}.tvq-tmp`, '.tvq-journal.jsonl']],
  ])('that holds %s', async (_, names) => {
    await put(...names);
    await checkReplaceable(target, 'folder');
  });
});

describe('a folder is not replaced', () => {
  test.each([
    ['a folder of somebody', ['Documents/thesis.txt'], 'is not a model folder'],
    ['a home folder with weights in it', [...MODEL, 'Documents/thesis.txt'], '"Documents/"'],
    ['a model with notes beside it', [...MODEL, 'results.csv', 'plot.png'], '"plot.png" and 1 more'],
    ['a model with an empty folder', [...MODEL, 'mine/'], '"mine/"'],
    ['weights in other formats', [...MODEL, 'model.gguf'], '"model.gguf"'],
    ['a repository', [...MODEL, '.git/HEAD'], 'is a git repository'],
    ['a worktree of one', [...MODEL, '.git'], 'is a git repository'],
    ['hidden files', [...MODEL, '.env'], '".env"'],
    ['a text', [...MODEL, 'thesis.txt'], '"thesis.txt"'],
    ['results', [...MODEL, 'results.json'], '"results.json"'],
    ['a model that was being replaced', [...MODEL, `.a.${ID}.tvq-old/config.json`], '.tvq-old'],
    ['a script', [...MODEL, 'train.py'], '"train.py"'],
    ['scripts beside a config', ['config.json', 'train.py', 'data.txt'], 'is not a model folder'],
  ])('%s', async (_, names, why) => {
    await put(...names);
    await expect(checkReplaceable(target, 'folder')).rejects.toThrow(why);
    await expect(AtomicFolder.create(target, { overwrite: true })).rejects.toThrow(why);
    expect((await readdir(folder)).sort()).toEqual(['out']);
  });

  test('a link to one, a file, a pipe', async () => {
    await put(...MODEL);
    await symlink(target, join(folder, 'link'));
    await expect(checkReplaceable(join(folder, 'link'), 'folder')).rejects.toThrow('is a link');
    await writeFile(join(folder, 'file'), 'precious');
    await expect(checkReplaceable(join(folder, 'file'), 'folder')).rejects.toThrow('is a file, not a folder');
    expect(spawnSync('mkfifo', [join(folder, 'pipe')]).status).toBe(0);
    for (const kind of ['folder', 'file'] as const)
      await expect(checkReplaceable(join(folder, 'pipe'), kind)).rejects.toThrow('device, pipe or socket');
  });

  test('one that gets something else while the new one is written', async () => {
    await put(...MODEL);
    const made = await AtomicFolder.create(target, { overwrite: true });
    await writeFile(join(made.temporary, 'model.safetensors'), 'new');
    await put('Documents/thesis.txt');
    expect((await made.commit()).path).toBe(`${target}-2`);
    expect(await readFile(join(target, 'Documents/thesis.txt'), 'utf8')).toBe('precious');
  });
});

describe('a file', () => {
  test.each(['a.tvq', 'b.safetensors'])('%s is replaced, damaged or not', async name => {
    await writeFile(join(folder, name), 'damaged');
    await checkReplaceable(join(folder, name), 'file');
  });

  test('under another name only where it is one of ours', async () => {
    const file = join(folder, 'notes');
    await writeFile(file, 'precious');
    await expect(AtomicFile.create(file, { overwrite: true, start: 0 })).rejects.toThrow(
      'is neither a .tvq file nor a weights file',
    );
    await writeSafetensors(file, { w: f32([1], () => 1) });
    await checkReplaceable(file, 'file');
    await expect(checkReplaceable(folder, 'file')).rejects.toThrow('is a folder');
  });
});

describe('a run that died between two renames', () => {
  const aside = (id = ID) => hiddenName(target, id, 'old');
  const leave = async (path: string, value: number) => {
    await mkdir(path);
    await writeSafetensors(join(path, 'model.safetensors'), { w: f32([1], () => value) });
  };

  test('leaves the old model, which the next that opens it finds', async () => {
    await leave(aside(), 1);
    const { notes, tensors } = await openCheckpoint(target);
    expect(notes).toEqual([expect.stringContaining('out: was put back')]);
    expect([...tensors.keys()]).toEqual(['w']);
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('so does the next that writes there, and the next scan', async () => {
    await leave(aside(), 1);
    await expect(AtomicFolder.create(target, { overwrite: false })).rejects.toThrow('already exists');
    await rm(target, { recursive: true });
    await leave(aside(), 1);
    const { checkpoints } = await summarizeCheckpoints([join(aside(), 'model.safetensors')]);
    expect(checkpoints).toEqual([]);
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('is not mistaken for one that still runs', async () => {
    const lock = await OutputLock.take(target);
    await leave(lock.aside, 1);
    await expect(openCheckpoint(target)).rejects.toThrow('no such file or folder');
    await summarizeCheckpoints([join(lock.aside, 'model.safetensors')]);
    expect(await readdir(folder)).toEqual([basename(lock.aside), '.out.tvq-lock']);
    await lock.release();
    await openCheckpoint(target);
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('after the new one had its name: the old one goes', async () => {
    await leave(aside(), 1);
    await leave(target, 2);
    await (await AtomicFolder.create(target, { overwrite: true })).discard();
    expect(await readdir(folder)).toEqual(['out']);
  });

  test('of several the last is put back', async () => {
    await leave(aside('1'.repeat(16)), 1);
    await leave(aside('0'.repeat(16)), 2);
    await openCheckpoint(target);
    const bytes = await readFile(join(target, 'model.safetensors'));
    expect(bytes.readFloatLE(bytes.length - 4)).toBe(2);
    expect(await readdir(folder)).toEqual(['out']);
  });
});
