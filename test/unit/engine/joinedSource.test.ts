import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ReadContext } from '../../../extension/engine/tensors/sourceKind.ts';
import { readSource } from '../../../extension/engine/tensors/sourceKinds.ts';
import { FilePool } from '../../../extension/formats/filePool.ts';
import { join, partOf, type JoinedSource } from '../../../extension/formats/joinedSource.ts';
import { rangeOf } from '../../../extension/formats/tensorSource.ts';
import { temporaryPaths } from '../../temporary.ts';

const path = await temporaryPaths();
const file = path();
/** Floats 0, 1, 2 …, then the bfloats of 0 to 7. */
await writeFile(
  file,
  Buffer.concat([
    Buffer.from(Float32Array.from({ length: 64 }, (_, i) => i).buffer),
    Buffer.from(Uint16Array.from([0, 0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0, 0x40e0]).buffer),
  ]),
);
const floats = rangeOf(file, { name: 'f', dtype: 'F32', shape: [8, 8], offset: 0, bytes: 256 });
const bfloats = rangeOf(file, { name: 'b', dtype: 'BF16', shape: [4, 2], offset: 256, bytes: 16 });

async function read(source: JoinedSource, begin: number, count: number): Promise<number[]> {
  const files = new FilePool();
  const context = { files, signal: new AbortController().signal } as unknown as ReadContext;
  const view = new Uint8Array(4 * count);
  try {
    await readSource(context, source, view, 4 * begin);
  } finally {
    await files.close();
  }
  return [...new Float32Array(view.buffer)];
}

const cases: readonly (readonly [string, JoinedSource, readonly number[]])[] = [
  ['rows cut out', join('x', [2, 3], [partOf(floats, 5, 6)]), [5, 6, 7, 8, 9, 10]],
  [
    'parts one after the other',
    join('x', [5], [partOf(floats, 60, 2), partOf(floats, 1, 3)]),
    [60, 61, 1, 2, 3],
  ],
  [
    'parts in turn: columns 1 and 2, and column 7',
    join(
      'x',
      [8, 3],
      [
        { source: floats, first: 1, run: 2, step: 8 },
        { source: floats, first: 7, run: 1, step: 8 },
      ],
    ),
    Array.from({ length: 8 }, (_, row) => [8 * row + 1, 8 * row + 2, 8 * row + 7]).flat(),
  ],
  ['of two dtypes', join('x', [10], [partOf(bfloats), partOf(floats, 8, 2)]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
];

test.each(cases)('%s', async (_, source, expected) => {
  for (let begin = 0; begin < expected.length; begin++)
    for (let end = begin + 1; end <= expected.length; end++)
      expect(await read(source, begin, end - begin)).toEqual(expected.slice(begin, end));
});

test('a tensor of two dtypes is F32, for a model of the first one', () => {
  const both = join('x', [10], [partOf(bfloats), partOf(floats, 8, 2)]);
  expect(both).toMatchObject({ dtype: 'F32', bytes: 40, modelDtype: 'BF16', file });
  expect(join('x', [8], [partOf(bfloats)])).toMatchObject({ dtype: 'BF16', bytes: 16 });
});
