/** GGUF files, made by the `gguf` package, have the values that it gives (fixtures/gguf/make_gguf.py). */
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openCheckpoint } from '../../../extension/formats/checkpoint.ts';
import { summarizeCheckpoints } from '../../../extension/formats/discover.ts';
import { readGgufHeader } from '../../../extension/formats/gguf/readHeader.ts';
import { HeaderAllowance } from '../../../extension/formats/safetensors/headerRoom.ts';
import type { TensorSource } from '../../../extension/formats/tensorSource.ts';
import { fixture } from '../../checkpoints.ts';
import { writeSparseGguf } from '../../ggufFile.ts';
import { sourceBytes, sourceValues } from '../../sourceBytes.ts';
import { temporaryFolder } from '../../temporary.ts';

const open = (name: string) => openCheckpoint(fixture(`gguf/${name}`));

const TYPES = 'F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL'.split(' ');

test.each(TYPES)('%s has the values of gguf.quants.dequantize', async type => {
  const [found, expected] = await Promise.all(
    ['types.gguf', 'types.safetensors'].map(
      async name => (await open(name)).tensors.get(type) as TensorSource,
    ),
  );
  expect(found?.shape).toEqual(expected?.shape);
  const values = await sourceValues(found as TensorSource);
  expect(values).toEqual(await sourceValues(expected as TensorSource));
  expect(new Set(values).size).toBeGreaterThan(30);
});

describe('models have the names, shapes and values of Hugging Face', () => {
  test.each(['llama', 'mixtral', 'split', 'qwen2', 'qwen3', 'gemma', 'gemma3'])('%s', async name => {
    const found = (await open(name === 'split' ? 'split-00001-of-00002.gguf' : `${name}.gguf`)).tensors;
    const expected = (await open(`${name}.safetensors`)).tensors;
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [tensor, source] of expected) {
      const read = found.get(tensor) as TensorSource;
      expect(read.shape, tensor).toEqual(source.shape);
      expect(await sourceValues(read), tensor).toEqual(await sourceValues(source));
    }
  });

  test('what is left out or kept is said', async () => {
    expect((await open('llama.gguf')).notes).toEqual([
      expect.stringContaining('llama.gguf: tensor "rope_freqs.weight" left out'),
    ]);
    expect((await open('types.gguf')).notes).toEqual([
      expect.stringContaining('keep their GGUF names, as models of type "other" are not known'),
    ]);
  });

  test('floats of 16 bits stay as they are', async () => {
    const { tensors } = await open('llama.gguf');
    const dtypes = ['q_proj', 'k_proj'].map(
      part => tensors.get(`model.layers.0.self_attn.${part}.weight`)?.dtype,
    );
    expect([...dtypes, tensors.get('model.layers.0.mlp.down_proj.weight')?.kind]).toEqual([
      'F16',
      'F32',
      'range',
    ]);
  });
});

test('of the first file, the others read how tensors are stored, but not the vocabulary', async () => {
  const folder = await temporaryFolder();
  const [one, two] = ['x-00001-of-00002.gguf', 'x-00002-of-00002.gguf'].map(name => join(folder, name)) as [
    string,
    string,
  ];
  const heads = 'llama.attention.head_count';
  const facts = { 'general.architecture': 'llama', [heads]: 4, [`${heads}_kv`]: 2 };
  const tokens = Array.from({ length: 50_000 }, (_, i) => `token ${i}`);
  const tensor = (layer: number) => ({
    name: `blk.${layer}.attn_k.weight`,
    type: 0,
    shape: [8, 2],
    bytes: 64,
  });
  await writeSparseGguf(one, { ...facts, 'tokenizer.ggml.tokens': tokens }, [tensor(0)], () => []);
  await writeSparseGguf(two, { 'split.no': 1, 'split.count': 2 }, [tensor(1)], () => []);
  const allowance = new HeaderAllowance();
  const take = vi.spyOn(allowance, 'take');
  const { tensors } = await readGgufHeader(two, allowance);
  expect(tensors).toMatchObject([{ name: 'model.layers.1.self_attn.k_proj.weight', heads: 2 }]);
  const taken = take.mock.calls.map(([file, bytes]) => [file, bytes]);
  expect(taken).toEqual([
    [two, (await stat(two)).size],
    [one, 64 << 10],
  ]);
});

test('a search finds a model of several files once, and names what is no model', async () => {
  const files = ['llama.gguf', 'split-00001-of-00002.gguf', 'split-00002-of-00002.gguf', 'adapter.gguf'];
  const found = await summarizeCheckpoints(files.map(name => fixture(`gguf/${name}`)));
  expect(found.checkpoints.map(({ name, files: parts }) => [name, parts.length])).toEqual([
    ['llama', 1],
    ['split', 2],
  ]);
  const [llama, split] = found.checkpoints;
  expect(split?.architecture).not.toBe(llama?.architecture); // biases
  expect(found.failures).toEqual([
    {
      path: fixture('gguf/adapter.gguf'),
      message: expect.stringContaining('a LoRA adapter in GGUF') as string,
    },
  ]);
});

test.each([
  ['types.gguf', 'Q6_K'],
  ['types.gguf', 'Q5_1'],
  ['llama.gguf', 'model.layers.1.self_attn.q_proj.weight'],
  ['llama.gguf', 'model.layers.1.self_attn.k_proj.weight'],
  ['llama.gguf', 'model.layers.1.self_attn.k_proj.bias'],
  ['gemma3.gguf', 'model.norm.weight'],
])('any part of %s %s', async (file, name) => {
  const source = (await open(file)).tensors.get(name) as TensorSource;
  const whole = await sourceBytes(source);
  for (let begin = 0, length = 1; begin < whole.length; begin += 1 + (begin >> 1), length = length * 3 + 1) {
    const most = Math.min(length, whole.length - begin);
    expect(await sourceBytes(source, begin, most), `${begin} + ${most}`).toEqual(
      whole.subarray(begin, begin + most),
    );
  }
});

describe('refused', () => {
  const [ALIGNED, TYPE_OF_F16] = [32, 1];

  /** The fixture with bytes changed. */
  async function changed(change: (bytes: Buffer) => Buffer | void, name = 'types.gguf'): Promise<string> {
    const bytes = await readFile(fixture(`gguf/${name}`));
    const file = join(await temporaryFolder(), 'x.gguf');
    await writeFile(file, change(bytes) ?? bytes);
    return file;
  }
  /** Where the description of a tensor goes on behind its name. */
  const behind = (bytes: Buffer, name: string) =>
    bytes.indexOf(`${String.fromCharCode(name.length)}\0\0\0\0\0\0\0${name}`, 0, 'latin1') + 8 + name.length;

  test.each<[string, (bytes: Buffer) => Buffer | void, string]>([
    ['version 1', bytes => void bytes.writeUInt32LE(1, 4), 'it has version 1, 2 or 3 were expected'],
    ['big-endian', bytes => void bytes.writeUInt32BE(3, 4), 'it is big-endian'],
    ['cut off', bytes => bytes.subarray(0, bytes.length - 1000), 'the file is truncated'],
    ['cut off in its header', bytes => bytes.subarray(0, 100), 'its header ends after the file'],
    ['nothing', () => Buffer.alloc(0), 'the file is empty; was the download finished?'],
    ['something else', () => Buffer.from('<html>…</html>'), 'a web page (HTML)'],
    [
      'too many pairs',
      bytes => void bytes.writeUInt32LE(1e6, 16),
      '1000000 metadata pairs, at most 10000 are allowed',
    ],
    [
      'too many tensors',
      bytes => void bytes.writeUInt32LE(1e6, 8),
      '1000000 tensors, at most 100000 are allowed',
    ],
    [
      'a list of lists',
      bytes => void bytes.writeUInt32LE(9, bytes.indexOf('tokenizer.ggml.tokens') + 25),
      'metadata "tokenizer.ggml.tokens" is a list of lists',
    ],
    [
      'an unsupported type',
      bytes => void bytes.writeUInt32LE(23, behind(bytes, 'F16') + 20),
      'tensor "F16": its type IQ4_XS is not read (F32, F16,',
    ],
    [
      'rows that end within a block',
      bytes => void bytes.writeUInt32LE(250, behind(bytes, 'Q8_0') + 4),
      'tensor "Q8_0": its rows of 250 values do not fill whole blocks of 32 (Q8_0)',
    ],
    [
      'an offset that is not aligned',
      bytes => void bytes.writeUInt32LE(ALIGNED + TYPE_OF_F16, behind(bytes, 'F16') + 24),
      'tensor "F16": its data begins at 33, a multiple of 32 was expected',
    ],
    [
      'data that overlaps',
      bytes => void bytes.writeUInt32LE(ALIGNED, behind(bytes, 'F16') + 24),
      'overlaps that of the tensor before it',
    ],
    [
      'a name twice',
      bytes => void bytes.write('F32', behind(bytes, 'F16') - 3),
      'tensor "F32" appears twice in its header',
    ],
  ])('%s', async (_, change, message) => {
    const file = await changed(change);
    await expect(openCheckpoint(file)).rejects.toThrow(message);
    await expect(openCheckpoint(file)).rejects.toThrow(`${file}: `);
  });

  test('an adapter', async () => {
    await expect(open('adapter.gguf')).rejects.toThrow(
      'adapter.gguf: a LoRA adapter in GGUF, not a whole model',
    );
  });

  test('what is beside a model', async () => {
    const file = await changed(
      bytes => void bytes.write('imatrix', bytes.lastIndexOf('adapter'), 'latin1'),
      'adapter.gguf',
    );
    await expect(openCheckpoint(file)).rejects.toThrow('an importance matrix, not weights');
  });

  test('a model without the number of its heads', async () => {
    const file = await changed(bytes => void bytes.write('x', bytes.indexOf('head_count')), 'llama.gguf');
    await expect(openCheckpoint(file)).rejects.toThrow(
      'llama.attention.head_count undefined does not divide',
    );
  });

  test('experts that are no stack of matrices', async () => {
    const file = join(await temporaryFolder(), 'x.gguf');
    const tensor = { name: 'blk.0.ffn_up_exps.weight', type: 0, shape: [1e6, 1, 1], bytes: 4e6 };
    const metadata = { 'general.architecture': 'llama' };
    await writeSparseGguf(file, metadata, [tensor], () => []);
    await expect(openCheckpoint(file)).rejects.toThrow(
      '"blk.0.ffn_up_exps.weight" is [1000000, 1, 1], a stack of at most 4096',
    );
  });

  test('one of several files alone', async () => {
    const file = join(await temporaryFolder(), 'split-00002-of-00002.gguf');
    await copyFile(fixture('gguf/split-00002-of-00002.gguf'), file);
    await expect(openCheckpoint(file)).rejects.toThrow('split-00001-of-00002.gguf is not there');
  });
});
