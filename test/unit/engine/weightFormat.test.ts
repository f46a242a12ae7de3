/** A format of weights is one entry: a small one is added here, of a JSON line and the bytes that it describes. */
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stampFrom } from '../../../extension/files/fileStamp.ts';
import { openCheckpoint } from '../../../extension/formats/checkpoint.ts';
import { summarizeCheckpoints } from '../../../extension/formats/discover.ts';
import { isWeightName } from '../../../extension/formats/huggingface/weightNames.ts';
import { WEIGHT_FORMATS, WATCHED_FILES } from '../../../extension/formats/registry.ts';
import { rangeOf } from '../../../extension/formats/tensorSource.ts';
import type { WeightFormat } from '../../../extension/formats/weightFormat.ts';
import { f32, writeSafetensors } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const flat: WeightFormat = {
  name: 'flat',
  extensions: ['.flat'],
  isShared: false,
  recognises: head => /^\{"\w+":\[/.test(Buffer.from(head).toString('latin1')),
  async readHeader(file) {
    const handle = await open(file);
    try {
      const info = await handle.stat({ bigint: true });
      const text = (await handle.readFile()).toString('latin1').split('\n', 1)[0] as string;
      const shapes = Object.entries(JSON.parse(text) as Record<string, number[]>);
      let offset = text.length + 1;
      const tensors = shapes.map(([name, shape]) => {
        const bytes = 4 * shape.reduce((product, size) => product * size, 1);
        offset += bytes;
        return rangeOf(file, { name, dtype: 'F32', shape, offset: offset - bytes, bytes });
      });
      return {
        file,
        fileBytes: Number(info.size),
        metadata: {},
        tensors,
        notes: [],
        stamp: stampFrom(file, info),
      };
    } finally {
      await handle.close();
    }
  },
};

const formats = WEIGHT_FORMATS as WeightFormat[];
beforeAll(() => void formats.push(flat));
afterAll(() => void formats.pop());

async function folder(
  files: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>,
): Promise<string> {
  const path = join(await temporaryFolder(), 'model');
  await mkdir(path);
  for (const [name, tensors] of Object.entries(files)) {
    const count = Object.values(tensors).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const values = Buffer.from(Float32Array.from({ length: count }, (_, i) => i).buffer);
    await writeFile(join(path, name), Buffer.concat([Buffer.from(`${JSON.stringify(tensors)}\n`), values]));
  }
  return path;
}

test('a file, and a folder with one', async () => {
  const path = await folder({ 'model.flat': { a: [2, 3], b: [4] } });
  for (const named of [path, join(path, 'model.flat')]) {
    const { tensors, bytes } = await openCheckpoint(named);
    expect([...tensors.values()].map(({ name, shape }) => [name, shape])).toEqual([
      ['a', [2, 3]],
      ['b', [4]],
    ]);
    expect(bytes).toBe((await stat(join(path, 'model.flat'))).size);
  }
  expect(isWeightName('x.flat')).toBe(true);
  expect(isWeightName('.flat')).toBe(false);
});

test('shards, with an index and without', async () => {
  const [one, two] = ['model-00001-of-00002.flat', 'model-00002-of-00002.flat'];
  const path = await folder({ [one]: { a: [2] }, [two]: { b: [2] } });
  expect([...(await openCheckpoint(path)).tensors.keys()]).toEqual(['a', 'b']);
  await writeFile(join(path, 'model.flat.index.json'), JSON.stringify({ weight_map: { a: one, b: two } }));
  expect((await openCheckpoint(path)).files.map(file => file.slice(path.length + 1))).toEqual([one, two]);
  const { checkpoints } = await summarizeCheckpoints([join(path, one), join(path, two)]);
  expect(checkpoints).toMatchObject([{ path, parameters: 4 }]);
});

test('of two formats in a folder the first counts', async () => {
  const path = await folder({ 'model.flat': { a: [2] } });
  await writeSafetensors(join(path, 'model.safetensors'), { b: f32([2], i => i) });
  expect([...(await openCheckpoint(path)).tensors.keys()]).toEqual(['b']);
  expect([...(await openCheckpoint(join(path, 'model.flat'))).tensors.keys()]).toEqual(['a']);
});

test('every format is searched for', () => {
  expect(WATCHED_FILES).toEqual(
    expect.arrayContaining(['*.safetensors', '*.safetensors.index.json', '*.tvq']),
  );
});
