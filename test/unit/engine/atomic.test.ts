import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { AtomicFile } from '../../../extension/files/atomic.ts';
import { AtomicFolder } from '../../../extension/files/atomicFolder.ts';
import { temporaryFolder } from '../../temporary.ts';

const root = await temporaryFolder();
let folder: string;
let target: string;
let count = 0;
beforeEach(async () => {
  folder = join(root, String(count++));
  await mkdir(folder);
  target = join(folder, 'out.tvq');
});
const text = (content: string) => Buffer.from(content);

describe('AtomicFile', () => {
  test('nothing has the name until commit; then all of it has', async () => {
    const file = await AtomicFile.create(target, { overwrite: false, start: 4 });
    await file.append(text('data'));
    expect(await readdir(folder)).toEqual([
      expect.stringMatching(/^\.out\.tvq\.[0-9a-f]{16}\.tvq-tmp$/),
      '.out.tvq.tvq-lock',
    ]);
    await file.writeAt(text('head'), 0);
    await file.commit();
    expect(await readdir(folder)).toEqual(['out.tvq']);
    expect(await readFile(target, 'utf8')).toBe('headdata');
  });

  test('pieces larger than the buffer keep their order', async () => {
    const file = await AtomicFile.create(target, { overwrite: false, start: 0 });
    const large = Buffer.alloc(3 << 20, 'L');
    for (const piece of [text('a'), large, text('b'), large, text('c')]) await file.append(piece);
    await file.commit();
    expect(
      (await readFile(target)).equals(Buffer.concat([text('a'), large, text('b'), large, text('c')])),
    ).toBe(true);
  });

  test('discard leaves nothing', async () => {
    const file = await AtomicFile.create(target, { overwrite: false, start: 0 });
    await file.append(text('data'));
    await file.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  test('an existing file is refused at the start', async () => {
    await writeFile(target, 'precious');
    await expect(AtomicFile.create(target, { overwrite: false, start: 0 })).rejects.toThrow('already exists');
  });

  test.each([
    ['is not replaced', false, () => writeFile(target, 'precious')],
    ['and is none of ours is not replaced with overwrite either', true, () => mkdir(target)],
  ])('what appears meanwhile %s: the result gets another name', async (_, overwrite, appear) => {
    await writeFile(join(folder, 'out-2.tvq'), 'of an earlier run');
    const file = await AtomicFile.create(target, { overwrite, start: 0 });
    await file.append(text('result'));
    await appear();
    expect(await file.commit()).toBe(join(folder, 'out-3.tvq'));
    await file.discard();
    expect(await readFile(join(folder, 'out-3.tvq'), 'utf8')).toBe('result');
    expect((await readdir(folder)).sort()).toEqual(['out-2.tvq', 'out-3.tvq', 'out.tvq']);
  });

  test('overwrite replaces only at the end', async () => {
    await writeFile(target, 'old');
    const file = await AtomicFile.create(target, { overwrite: true, start: 0 });
    await file.append(text('new'));
    expect(await readFile(target, 'utf8')).toBe('old');
    await file.commit();
    expect(await readFile(target, 'utf8')).toBe('new');
  });
});

describe('AtomicFolder', () => {
  test('a replaced folder leaves no stale files', async () => {
    await mkdir(target);
    await writeFile(join(target, 'model-00001-of-00002.safetensors'), 'stale');
    const made = await AtomicFolder.create(target, { overwrite: true });
    await writeFile(join(made.temporary, 'model.safetensors'), 'new');
    await made.commit();
    expect(await readdir(target)).toEqual(['model.safetensors']);
    expect(await readdir(folder)).toEqual(['out.tvq']);
  });

  test.each([
    ['', false, undefined],
    [', with overwrite where it must not be replaced', true, 'my notes'],
  ])('a folder that appears meanwhile stays%s', async (_, overwrite, stranger) => {
    const name = 'llama-3.1';
    const made = await AtomicFolder.create(join(folder, name), { overwrite });
    await mkdir(join(folder, name));
    if (stranger) await writeFile(join(folder, name, stranger), '');
    expect(await made.commit()).toEqual({ path: join(folder, `${name}-2`), notes: [] });
    await made.discard();
    expect((await readdir(folder)).sort()).toEqual([name, `${name}-2`]);
  });

  test('an existing folder is refused without overwrite', async () => {
    await mkdir(target);
    await expect(AtomicFolder.create(target, { overwrite: false })).rejects.toThrow('already exists');
  });

  test('discard leaves nothing', async () => {
    const made = await AtomicFolder.create(target, { overwrite: false });
    await writeFile(join(made.temporary, 'x'), '');
    await made.discard();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('folders made for an output', () => {
  const make = {
    file: (path: string) => AtomicFile.create(path, { overwrite: false, start: 0 }),
    folder: (path: string) => AtomicFolder.create(path, { overwrite: false }),
  };
  test.each(['file', 'folder'] as const)(
    '%s: go with it when it is discarded, unless something is in them',
    async kind => {
      const first = await make[kind](join(folder, 'new/deep/a'));
      const second = await make[kind](join(folder, 'new/b'));
      await second.discard();
      await first.discard();
      expect(await readdir(folder)).toEqual([]);
      const third = await make[kind](join(folder, 'new/deep/a'));
      await writeFile(join(folder, 'new/mine'), '');
      await third.discard();
      expect(await readdir(folder, { recursive: true })).toEqual(['new', join('new', 'mine')]);
      const fourth = await make[kind](join(folder, 'new/deep/a'));
      await fourth.commit();
      await fourth.discard();
      expect(await readdir(join(folder, 'new/deep'))).toEqual(['a']);
    },
  );
  test('those that were there stay', async () => {
    await mkdir(join(folder, 'mine'));
    await (await make.file(join(folder, 'mine/a'))).discard();
    expect(await readdir(folder)).toEqual(['mine']);
  });
});
