/** Views against what a plain loop over their indices gives, and how much is read for them. */
import { describe, expect, test } from 'vitest';
import type { FilePool } from '../../../../extension/formats/filePool.ts';
import { elementCount } from '../../../../extension/formats/dtype.ts';
import type { StridedSource } from '../../../../extension/formats/torch/stridedSource.ts';
import { strided } from '../../../../extension/engine/tensors/strided.ts';
import { loadKernels } from '../../../../extension/engine/kernels.ts';
import { Random } from '../../../fuzz/random.ts';

const kernels = await loadKernels();

/** A file in memory that counts what is read of it. */
class CountedFile {
  reads = 0;
  bytes = 0;

  constructor(readonly content: Uint8Array) {}

  read = (_: string, target: Uint8Array, position: number): Promise<void> => {
    if (position < 0 || position + target.length > this.content.length) throw new Error('beyond the file');
    this.reads++;
    this.bytes += target.length;
    target.set(this.content.subarray(position, position + target.length));
    return Promise.resolve();
  };
}

const contextOf = (file: CountedFile, signal = new AbortController().signal) => ({
  files: file as unknown as FilePool,
  kernels,
  read: () => Promise.reject(new Error('nothing else is read')),
  signal,
});

const BYTES = { U8: 1, BF16: 2, F32: 4, F64: 8 } as const;

const view = (
  dtype: keyof typeof BYTES,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): StridedSource => ({
  ...{ kind: 'strided', name: 'w', file: 'f', dtype: dtype, shape, strides, offset },
  bytes: elementCount(shape) * BYTES[dtype],
});

function noise(bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) content[i] = Math.imul(i, 2654435761) >>> 24;
  return content;
}

/** Where an element is in the file, counted row by row. */
function placeOf({ shape, strides, offset }: StridedSource, bytes: number, element: number): number {
  let [at, rest] = [offset, element];
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    const size = shape[dim] as number;
    at += (rest % size) * (strides[dim] as number) * bytes;
    rest = Math.floor(rest / size);
  }
  return at;
}

test('any view, from anywhere to anywhere, into memory at any place', async () => {
  const random = new Random(3);
  const content = noise(40_000);
  for (let round = 0; round < 400; round++) {
    const dtype = random.pick(Object.keys(BYTES)) as keyof typeof BYTES;
    const bytes = BYTES[dtype];
    const shape = Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(6));
    const strides = shape.map(() => random.pick([0, 1, 2, 5, 6, 30, 36, 200]));
    const source = view(dtype, shape, strides, bytes * random.below(10));
    const count = elementCount(shape);
    const first = random.below(count);
    const some = 1 + random.below(count - first);
    const target = new Uint8Array(some * bytes + 3).subarray(random.below(4)).subarray(0, some * bytes);
    await strided.read(contextOf(new CountedFile(content)), source, target, first * bytes);
    const elements = Array.from({ length: some }, (_, i) => placeOf(source, bytes, first + i));
    const expected = Buffer.concat(elements.map(at => content.subarray(at, at + bytes)));
    expect(Buffer.compare(target, expected), JSON.stringify({ source, first, some })).toBe(0);
  }
});

describe('every byte is read about once, in few reads', () => {
  const [rows, columns] = [2048, 3000];
  const content = noise(2 * rows * columns);
  test.each([
    ['a turned matrix as a whole', view('BF16', [columns, rows], [1, columns]), 1, 1.01],
    ['a turned matrix in spans', view('BF16', [columns, rows], [1, columns]), 4, 4.01],
    ['the left half of a matrix', view('BF16', [rows, columns / 2], [columns, 1]), 1, 2],
    ['a turned stack', view('BF16', [rows / 2, 2, columns], [columns, (rows / 2) * columns, 1]), 2, 1.01],
  ])('%s', async (_, source, spans, most) => {
    const file = new CountedFile(content);
    const bytes = source.bytes / spans;
    for (let span = 0; span < spans; span++) {
      const target = new Uint8Array(bytes);
      await strided.read(contextOf(file), source, target, span * bytes);
      for (let i = 0; i < bytes / 2; i += 997) {
        const at = placeOf(source, 2, (span * bytes) / 2 + i);
        if (target[2 * i] !== content[at] || target[2 * i + 1] !== content[at + 1])
          expect.fail(`element ${i} of span ${span}`);
      }
    }
    expect(file.bytes / source.bytes).toBeLessThanOrEqual(most);
    expect(file.reads).toBeLessThan(2100);
  });

  test('a column of a wide matrix is not the whole matrix', async () => {
    const wide = view('F32', [10], [50_000]);
    const file = new CountedFile(noise(4 * 450_001));
    await strided.read(contextOf(file), wide, new Uint8Array(40), 0);
    expect(file).toMatchObject({ reads: 10, bytes: 40 });
  });
});

test('a failure is thrown only when nothing is read into the memory any more', async () => {
  const file = new CountedFile(noise(4 * 450_001));
  let pending = 0;
  const read: CountedFile['read'] = async (name, target, position) => {
    if (position === 0) throw new Error('the disk is gone');
    pending++;
    await new Promise(resolve => setTimeout(resolve, 5));
    pending--;
    return file.read(name, target, position);
  };
  const context = { ...contextOf(file), files: { read } as unknown as FilePool };
  const reading = strided.read(context, view('F32', [10], [50_000]), new Uint8Array(40), 0);
  await expect(reading).rejects.toThrow('the disk is gone');
  expect(pending).toBe(0);
});

test('a cancelled read ends', async () => {
  const file = new CountedFile(noise(4 * 450_001));
  const reading = strided.read(
    contextOf(file, AbortSignal.abort()),
    view('F32', [10], [50_000]),
    new Uint8Array(40),
    0,
  );
  await expect(reading).rejects.toThrow('abort');
  expect(file.reads).toBe(0);
});

test('two views are the same if they begin and step alike', () => {
  const one = view('F32', [2, 3], [1, 2]);
  expect(strided.isSame(one, { ...one, name: 'other' })).toBe(true);
  expect(strided.isSame(one, { ...one, strides: [1, 3] })).toBe(false);
  expect(strided.isSame(one, { ...one, offset: 4 })).toBe(false);
});
