import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  parseHeader,
  readSafetensorsHeader,
  serializeHeader,
} from '../../../extension/formats/safetensors/safetensors.ts';
import { UserError } from '../../../extension/shared/errors.ts';
import { f32, fixture, safetensorsBytes, writeSafetensors } from '../../checkpoints.ts';
import { temporaryFolder } from '../../temporary.ts';

const folder = await temporaryFolder();
let files = 0;
async function read(header: object | Uint8Array, data?: Uint8Array, length?: number) {
  const file = join(folder, `${files++}.safetensors`);
  await writeFile(file, safetensorsBytes(header, data, length));
  return readSafetensorsHeader(file);
}
const tensor = (dtype: string, shape: unknown, range: unknown) => ({ dtype, shape, data_offsets: range });

describe('a malformed file is refused with its own message', () => {
  test.each([
    ['array-header', 'its header is a JSON array, an object was expected'],
    ['header-too-long', 'its header claims 1099511627776 bytes, at most 100000000 are allowed'],
    ['hole', '4 bytes before tensor "b" belong to no tensor'],
    ['invalid-utf8', 'its header is not valid UTF-8'],
    ['metadata-not-string', '__metadata__ "k" is number, a string was expected'],
    ['negative-dim', 'tensor "a": dimension -1 is not a whole number'],
    ['not-json', 'its header is not valid JSON'],
    ['overflow', 'tensor "a": dimension 4611686018427388000 is beyond 2^53'],
    ['overlap', 'the data of tensor "b" overlaps that of the tensor before it'],
    ['reversed', 'tensor "a": its data_offsets [4, 0] run backwards'],
    ['size-mismatch', 'tensor "a": F32 [3] needs 12 bytes, its data_offsets span 8'],
    ['too-small', 'the file has 2 bytes, a header needs at least 8'],
    ['trailing-byte', 'the file is 1 bytes longer than its header describes'],
    [
      'truncated',
      'the file is truncated: it has 79 bytes, its header describes 86; the download may not be complete',
    ],
    ['unknown-dtype', 'tensor "a": unknown dtype "Q7"'],
  ])('%s', async (name, message) => {
    const file = fixture(`bad-safetensors/${name}.safetensors`);
    const error = await readSafetensorsHeader(file).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toContain(`${file}: not a valid safetensors file: ${message}`);
  });

  test('an empty file', async () => {
    const file = fixture('bad-safetensors/empty.safetensors');
    await expect(readSafetensorsHeader(file)).rejects.toThrow(
      `${file}: the file is empty; was the download finished?`,
    );
  });
  test('nesting that would exhaust a parser', async () => {
    await expect(read(Buffer.from(`{"a":${'['.repeat(100_000)}`))).rejects.toThrow(
      'nests deeper than 4 levels',
    );
  });
  test('half a byte', async () => {
    await expect(read({ a: tensor('F4', [3], [0, 2]) }, new Uint8Array(2))).rejects.toThrow(
      'does not fill whole bytes',
    );
  });
  test('offsets that are no numbers', async () => {
    await expect(read({ a: tensor('F32', [1], ['0', '4']) }, new Uint8Array(4))).rejects.toThrow(
      'not two whole numbers',
    );
  });
  test('a header longer than the file', async () => {
    await expect(read({}, undefined, 50)).rejects.toThrow(
      'its header claims 50 bytes, the file ends after 2',
    );
  });
  test('null', async () => {
    await expect(read(Buffer.from('null'))).rejects.toThrow('its header is null, an object was expected');
  });
  test('a name that appears twice', async () => {
    const entry = (begin: number) => `{"dtype":"U8","shape":[1],"data_offsets":[${begin},${begin + 1}]}`;
    const header = `{"__metadata__":{"k":"\\"a\\":{"},"a":${entry(0)}, "\\u0061" : ${entry(1)}}`;
    await expect(read(Buffer.from(header), new Uint8Array(2))).rejects.toThrow(
      'tensor "a" appears twice in its header',
    );
  });
  test.each([
    ['\ufeffversion https://git-lfs.github.com/spec/v1\noid sha256:0\n', 'a git-lfs pointer'],
    ['\x1b[31merror\x1b[0m: not allowed to read this file', 'a text that begins with "'],
  ])('%j is no checkpoint', async (text, message) => {
    const file = join(folder, 'foreign.safetensors');
    await writeFile(file, text);
    await expect(readSafetensorsHeader(file)).rejects.toThrow(message);
  });
  test('a folder', async () => {
    await expect(readSafetensorsHeader(folder)).rejects.toThrow('this is a folder');
  });
  test('a long tensor name is cut in the message', async () => {
    const name = 'x'.repeat(5000);
    const error = await read({ [name]: tensor('F32', [2], [0, 4]) }, new Uint8Array(4)).catch(
      (thrown: Error) => thrown,
    );
    expect((error as Error).message.length).toBeLessThan(400);
  });
});

describe('what the reference implementation accepts is accepted', () => {
  test('an empty header', async () => {
    expect((await read({})).tensors).toEqual([]);
  });
  test('zero-sized tensors, scalars, any order of entries, unaligned data, extra keys, null metadata', async () => {
    const { tensors, metadata, dataOffset } = await read(
      {
        late: { ...tensor('F32', [1], [1, 5]), note: 'ignored' },
        early: tensor('U8', [1], [0, 1]),
        none: tensor('F32', [0, 7], [5, 5]),
        scalar: tensor('F64', [], [5, 13]),
        __metadata__: null,
      },
      new Uint8Array(13),
    );
    expect(tensors.map(({ name }) => name)).toEqual(['early', 'late', 'none', 'scalar']);
    expect(tensors[1]).toMatchObject({ offset: dataOffset + 1, bytes: 4, shape: [1], dtype: 'F32' });
    expect(metadata).toEqual({});
  });
  test('a tensor with an empty name, and one called __proto__', async () => {
    const header = Buffer.from(
      '{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
    );
    expect((await read(header, new Uint8Array(2))).tensors.map(({ name }) => name)).toEqual([
      '',
      '__proto__',
    ]);
  });
});

/** What we refuse and safetensors' own reader takes; docs/inputs.md says why. */
const STRICTER = /appears twice|nests deeper|is beyond 2\^53|overflows|unknown dtype (undefined|\{)/;

test('what the reference implementation refuses is refused, and little more', async () => {
  const table = JSON.parse(await readFile(fixture('safetensors-headers/headers.json'), 'utf8')) as [
    header: string,
    dataBytes: number,
    verdict: 'taken' | 'refused',
  ][];
  const loose: string[] = [];
  const strict: string[] = [];
  for (const [text, dataBytes, verdict] of table) {
    const bytes = Buffer.from(text, 'latin1');
    try {
      parseHeader('f', 8 + bytes.length + dataBytes, bytes);
      if (verdict === 'refused') loose.push(text);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      const { message } = error as UserError;
      if (verdict === 'taken' && !STRICTER.test(message)) strict.push(`${text}: ${message}`);
    }
  }
  expect(table.length).toBeGreaterThan(1000);
  expect({ loose, strict }).toEqual({ loose: [], strict: [] });
});

test.each([
  ['{"a":{"dtype":"U8","dtype":"U8"}}', 'tensor "a": "dtype" appears twice'],
  ['{"__metadata__":{},"__metadata__":{}}', '__metadata__ appears twice in its header'],
  ['{"__metadata__":{"k":"1","k":"2"}}', '__metadata__: "k" appears twice'],
  ['{"a":{"shape":[16.0]}}', 'tensor "a": the number 16.0 is not written as a whole number'],
  ['{"a":{"data_offsets":[-0,1]}}', 'tensor "a": the number -0 is not written as a whole number'],
  ['{"a":{"x":1e400}}', 'tensor "a": the number 1e400 is out of range'],
  ['{"\\ud800":{}}', 'has half a character (a lone surrogate)'],
])('%s is refused: %s', async (header, message) => {
  await expect(read(Buffer.from(header))).rejects.toThrow(message);
});

test('a serialized header is read back, padded with spaces', async () => {
  const dataOffset = 512;
  const written = { name: 'a.weight', dtype: 'F16' as const, shape: [2, 3], offset: dataOffset, bytes: 12 };
  const header = serializeHeader({ format: 'pt' }, [written], dataOffset);
  expect(header.length).toBe(dataOffset);
  expect(header.at(-1)).toBe(' '.charCodeAt(0));
  const file = join(folder, 'written.safetensors');
  await writeFile(file, Buffer.concat([header, new Uint8Array(12)]));
  expect(await readSafetensorsHeader(file)).toMatchObject({
    dataOffset,
    metadata: { format: 'pt' },
    tensors: [written],
  });
});

test('a header that does not fit its room is an error, not a broken file', () => {
  expect(() => serializeHeader({ long: 'x'.repeat(100) }, [], 64)).toThrow('does not fit');
});

test('made checkpoints are valid', async () => {
  const file = join(folder, 'made.safetensors');
  await writeSafetensors(file, { w: f32([2, 2], i => i) });
  expect((await readSafetensorsHeader(file)).tensors).toHaveLength(1);
});
