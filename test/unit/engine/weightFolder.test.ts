/** Models in several files: opened whole, or refused by name; never half of one. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../extension/formats/checkpoint.ts';
import { summarizeCheckpoints } from '../../../extension/formats/discover.ts';
import { f32, writeSafetensors } from '../../checkpoints.ts';
import { temporaryPaths } from '../../temporary.ts';

const newPath = await temporaryPaths();

type Files = Readonly<Record<string, string | readonly string[] | Readonly<Record<string, string>>>>;

/** A folder: a list of names is a file with these tensors, a map an index, a text itself. */
async function folder(files: Files): Promise<string> {
  const path = newPath();
  await mkdir(path);
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    if (typeof content === 'string') await writeFile(file, content);
    else if (!Array.isArray(content)) await writeFile(file, JSON.stringify({ weight_map: content }));
    else
      await writeSafetensors(
        file,
        Object.fromEntries(content.map((tensor: string) => [tensor, f32([2], i => i)])),
      );
  }
  return path;
}

const names = async (path: string) => [...(await openCheckpoint(path)).tensors.keys()].sort();
const inTree = async (path: string, ...files: string[]) =>
  (await summarizeCheckpoints(files.map(file => join(path, file)))).checkpoints;

describe('shards without an index', () => {
  test.each([
    ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'],
    [
      'diffusion_pytorch_model-00001-of-00002.safetensors',
      'diffusion_pytorch_model-00002-of-00002.safetensors',
    ],
    ['pytorch_model-00001-of-00002.safetensors', 'pytorch_model-00002-of-00002.safetensors'],
    ['model-00001-of-000002.safetensors', 'model-00002-of-000002.safetensors'],
    ['model.fp16-00001-of-00002.safetensors', 'model.fp16-00002-of-00002.safetensors'],
    ['model-00001-of-00002.fp16.safetensors', 'model-00002-of-00002.fp16.safetensors'],
    ['my-model-000001-of-000002.safetensors', 'my-model-000002-of-000002.safetensors'],
    ['model-00000-of-00002.safetensors', 'model-00001-of-00002.safetensors'],
  ])('%s and its sibling are one model, from the folder, from either, and in the tree', async (one, two) => {
    const path = await folder({ [one]: ['a'], [two]: ['b'] });
    expect(await names(path)).toEqual(['a', 'b']);
    const named = await openCheckpoint(join(path, two));
    expect([...named.tensors.keys()].sort()).toEqual(['a', 'b']);
    expect(named.notes).toEqual([expect.stringMatching(/of 2 shards; the whole model is read$/)]);
    const whole = await openCheckpoint(path);
    expect(whole.notes).toEqual([]);
    expect(whole.path).toBe(named.path);
    expect((await openCheckpoint(whole.path)).files).toEqual(whole.files);
    expect(await inTree(path, one, two)).toMatchObject([{ tensors: 2, path: whole.path }]);
    expect(await inTree(path, two)).toMatchObject([{ tensors: 2 }]);
  });

  test('a missing one is named', async () => {
    const path = await folder({
      'model-00001-of-00003.safetensors': ['a'],
      'model-00003-of-00003.safetensors': ['b'],
    });
    const message =
      'one of 3 shards; model-00002-of-00003.safetensors is not there; was the download finished?';
    await expect(openCheckpoint(path)).rejects.toThrow(message);
    await expect(openCheckpoint(join(path, 'model-00003-of-00003.safetensors'))).rejects.toThrow(message);
    const { failures, checkpoints } = await summarizeCheckpoints([
      join(path, 'model-00001-of-00003.safetensors'),
    ]);
    expect(checkpoints).toEqual([]);
    expect(failures[0]?.message).toContain(message);
  });

  test('two of one tensor are refused by its name', async () => {
    const path = await folder({
      'model-00001-of-00002.safetensors': ['a', 'b'],
      'model-00002-of-00002.safetensors': ['b'],
    });
    await expect(openCheckpoint(path)).rejects.toThrow(
      'model-00002-of-00002.safetensors: tensor "b" is in model-00001-of-00002.safetensors too',
    );
  });

  test('two whole sets are named to choose from, and one shard chooses its set', async () => {
    const path = await folder({
      'model-00001-of-00002.safetensors': ['a'],
      'model-00002-of-00002.safetensors': ['b'],
      'model-00001-of-00001.safetensors': ['c'],
      'x-00001-of-00002.safetensors': ['d'],
      'x-00002-of-00002.safetensors': ['e'],
    });
    expect(await names(join(path, 'x-00001-of-00002.safetensors'))).toEqual(['d', 'e']);
    const two = await folder({
      'm-00001-of-00002.safetensors': ['a'],
      'm-00002-of-00002.safetensors': ['b'],
      'm-00001-of-00003.safetensors': ['a'],
      'm-00002-of-00003.safetensors': ['b'],
      'm-00003-of-00003.safetensors': ['c'],
    });
    await expect(openCheckpoint(two)).rejects.toThrow(
      '2 sets of weights (m-00001-of-00002.safetensors, m-00001-of-00003.safetensors); name one of them',
    );
    expect(await names(join(two, 'm-00002-of-00003.safetensors'))).toEqual(['a', 'b', 'c']);
    expect(await inTree(two, 'm-00001-of-00002.safetensors', 'm-00002-of-00003.safetensors')).toMatchObject([
      { tensors: 2 },
      { tensors: 3 },
    ]);
  });
});

describe('an index', () => {
  const SHARDS = { 'model-00001-of-00002.safetensors': ['a'], 'model-00002-of-00002.safetensors': ['b'] };

  test('that lists one of two shards lying there is refused', async () => {
    const path = await folder({
      ...SHARDS,
      'model.safetensors.index.json': { a: 'model-00001-of-00002.safetensors' },
    });
    const message = 'does not list model-00002-of-00002.safetensors beside it, of the same set';
    for (const named of ['', 'model-00002-of-00002.safetensors', 'model.safetensors.index.json'])
      await expect(openCheckpoint(join(path, named))).rejects.toThrow(message);
    expect(await inTree(path, ...Object.keys(SHARDS))).toEqual([]);
  });

  test('that lists one of two shards, the other being nowhere, asks', async () => {
    const [one] = Object.keys(SHARDS) as [string];
    const path = await folder({ [one]: ['a'], 'model.safetensors.index.json': { a: one } });
    expect((await openCheckpoint(path)).notes).toEqual([
      `${join(path, 'model.safetensors.index.json')}: lists 1 of 2 shards, not model-00002-of-00002.safetensors; is the model complete?`,
    ]);
  });

  test.each([
    ['model.safetensors.index.fp16.json', 'model.fp16-00001-of-00002.safetensors'],
    ['model.safetensors.index.fp16.json', 'model-00001-of-00002.fp16.safetensors'],
    ['model.fp16.safetensors.index.json', 'model.fp16-00001-of-00002.safetensors'],
    [
      'diffusion_pytorch_model.safetensors.index.fp16.json',
      'diffusion_pytorch_model.fp16-00001-of-00002.safetensors',
    ],
  ])('of a variant is read: %s with %s', async (index, one) => {
    const two = one.replace('00001', '00002');
    const path = await folder({ [one]: ['a'], [two]: ['b'], [index]: { a: one, b: two } });
    for (const named of ['', index, two]) expect(await names(join(path, named))).toEqual(['a', 'b']);
    expect(await inTree(path, one, two)).toMatchObject([{ tensors: 2, path }]);
  });

  test('variants beside each other are named to choose from', async () => {
    const path = await folder({ 'model.fp16.safetensors': ['a'], 'model.bf16.safetensors': ['a'] });
    await expect(openCheckpoint(path)).rejects.toThrow(
      '2 weight files (model.bf16.safetensors, model.fp16.safetensors); name one of them',
    );
  });

  test('parts for several GPUs are refused, and one part alone is a model', async () => {
    const parts = { 'consolidated.00.safetensors': ['a'], 'consolidated.01.safetensors': ['a'] };
    const path = await folder(parts);
    for (const named of ['', 'consolidated.01.safetensors'])
      await expect(openCheckpoint(join(path, named))).rejects.toThrow(
        'consolidated.00.safetensors, consolidated.01.safetensors are one model, its matrices cut for 2 GPUs; convert it',
      );
    const alone = await folder({ 'consolidated.00.safetensors': ['a'] });
    expect(await names(alone)).toEqual(['a']);
  });

  test('opens for a file that it lists, however that is called', async () => {
    const path = await folder({
      'model.safetensors': ['a'],
      'mtp.safetensors': ['b'],
      'model.safetensors.index.json': { a: 'model.safetensors', b: 'mtp.safetensors' },
    });
    for (const named of ['', 'mtp.safetensors', 'model.safetensors'])
      expect(await names(join(path, named))).toEqual(['a', 'b']);
    expect((await openCheckpoint(join(path, 'mtp.safetensors'))).notes[0]).toContain('one of several files');
  });

  test('a single file beside a stale one says so', async () => {
    const path = await folder({
      ...SHARDS,
      'model.safetensors': ['c'],
      'model.safetensors.index.json': {
        a: 'model-00001-of-00002.safetensors',
        b: 'model-00002-of-00002.safetensors',
      },
    });
    expect((await openCheckpoint(path)).notes).toEqual([
      expect.stringContaining('read alone; model.safetensors.index.json beside it'),
    ]);
  });

  test('that lists tensors no shard has: left out, in one line', async () => {
    const [one, two] = Object.keys(SHARDS) as [string, string];
    const path = await folder({
      [one]: ['a', 'b'],
      [two]: ['c', 'd'],
      'model.safetensors.index.json': { a: one, b: one, c: two, d: two, mtp1: two, mtp2: two },
    });
    const { tensors, notes } = await openCheckpoint(path);
    expect([...tensors.keys()]).toEqual(['a', 'b', 'c', 'd']);
    expect(notes).toEqual([
      `${join(path, 'model.safetensors.index.json')}: lists 2 tensors (mtp1, mtp2) that no file has; left out`,
    ]);
  });

  test('that lists little of what is there: read as well, in one line', async () => {
    const [one, two] = Object.keys(SHARDS) as [string, string];
    const path = await folder({
      [one]: ['a', 'b'],
      [two]: ['c'],
      'model.safetensors.index.json': { a: one, c: two },
    });
    const { tensors, notes } = await openCheckpoint(path);
    expect([...tensors.keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(notes).toEqual([
      expect.stringContaining('does not list tensor "b" that its files have; read as well'),
    ]);
  });

  test('whose tensors are in another shard than it says', async () => {
    const [one, two] = Object.keys(SHARDS) as [string, string];
    const path = await folder({
      [one]: ['a'],
      [two]: ['b', 'c'],
      'model.safetensors.index.json': { a: one, b: two, c: one },
    });
    expect((await openCheckpoint(path)).tensors.get('c')?.file).toBe(join(path, two));
  });

  test.each([
    [
      'a shard without anything that is listed',
      { a: 0, b: 1, c: 1 },
      ['a'],
      ['x'],
      /has other tensors; .* lists 2 tensors \(b, c\) in it/,
    ],
    [
      'most tensors missing',
      { a: 0, b: 0, c: 0, d: 1, e: 1, f: 1 },
      ['a'],
      ['d'],
      /4 of the 6 tensors that it lists are in no file/,
    ],
  ])('with %s is refused', async (_, places, first, second, message) => {
    const shards = Object.keys(SHARDS);
    const map = Object.fromEntries(Object.entries(places).map(([name, i]) => [name, shards[i] as string]));
    const path = await folder({
      [shards[0] as string]: first,
      [shards[1] as string]: second,
      'model.safetensors.index.json': map,
    });
    await expect(openCheckpoint(path)).rejects.toThrow(message);
  });

  test.each([
    ['a mark', (text: string) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16, big end first', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['UTF-16 without a mark', (text: string) => Buffer.from(text, 'utf16le')],
  ])('in UTF with %s is read', async (_, encode) => {
    const path = await folder({ 'm-1.safetensors': ['a'] });
    const index = join(path, 'm.safetensors.index.json');
    await writeFile(index, encode(JSON.stringify({ weight_map: { a: 'm-1.safetensors' } })));
    expect(await names(index)).toEqual(['a']);
  });
});

test.each([
  ['model-00002-of-00002.safetensors.incomplete', 'model-00002-of-00002.safetensors.incomplete shows that'],
  ['.cache/huggingface/download/abc.etag.incomplete', 'abc.etag.incomplete shows that its download was not'],
])('%s tells of a download that was not finished', async (sign, message) => {
  const path = await folder({
    'model-00001-of-00002.safetensors': ['a'],
    'model.safetensors.index.json': {
      a: 'model-00001-of-00002.safetensors',
      b: 'model-00002-of-00002.safetensors',
    },
  });
  await mkdir(join(path, sign, '..'), { recursive: true });
  await writeFile(join(path, sign), '');
  await expect(openCheckpoint(path)).rejects.toThrow(message);
});

test('a file that aria2 has not finished, for all its size', async () => {
  const path = await folder({ 'model.safetensors': ['a'], 'model.safetensors.aria2': '' });
  await expect(openCheckpoint(path)).rejects.toThrow('model.safetensors.aria2 shows that its download');
});
