/** A GGUF file of five gigabytes: little of it is read, and little memory is taken. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openCheckpoint } from '../../extension/formats/checkpoint.ts';
import { FilePool } from '../../extension/formats/filePool.ts';
import type { TensorSource } from '../../extension/formats/tensorSource.ts';
import { fixture } from '../checkpoints.ts';
import { writeSparseGguf } from '../ggufFile.ts';
import { sourceBytes, sourceValues } from '../sourceBytes.ts';
import { temporaryFolder } from '../temporary.ts';

afterEach(() => void vi.restoreAllMocks());

const [Q8_0, Q4_K, F32] = [8, 12, 0];
const [WIDTH, HEADS, HEAD, BLOCK] = [65_536, 512, 128, 144];
const ROW_BYTES = (WIDTH / 256) * BLOCK;

test('a span in the middle is read, whose rows are elsewhere in the file', async () => {
  const types = await openCheckpoint(fixture('gguf/types.gguf'));
  const stored = types.tensors.get('Q4_K') as TensorSource & { readonly offset: number };
  const blocks = (await readFile(stored.file)).subarray(stored.offset, stored.offset + 3 * BLOCK);
  const path = join(await temporaryFolder(), 'large.gguf');
  // Row 5 of the second half of head 300 is stored as row 2·5 + 1 of the head.
  const [row, storedRow] = [300 * HEAD + HEAD / 2 + 5, 300 * HEAD + 11];
  const column = WIDTH / 2;
  const size = await writeSparseGguf(
    path,
    {
      'general.architecture': 'llama',
      'llama.attention.head_count': HEADS,
      'tokenizer.ggml.tokens': Array.from({ length: 128_000 }, (_, i) => `token ${i}`),
    },
    [
      { name: 'token_embd.weight', type: Q8_0, shape: [40_000, WIDTH], bytes: 40_000 * (WIDTH / 32) * 34 },
      {
        name: 'blk.0.attn_q.weight',
        type: Q4_K,
        shape: [HEADS * HEAD, WIDTH],
        bytes: HEADS * HEAD * ROW_BYTES,
      },
      { name: 'output_norm.weight', type: F32, shape: [WIDTH], bytes: 4 * WIDTH },
    ],
    ([, queries = 0]) => [[queries + storedRow * ROW_BYTES + (column / 256) * BLOCK, blocks]],
  );
  expect(size).toBeGreaterThan(5e9);

  const before = process.memoryUsage().rss;
  const { tensors, bytes } = await openCheckpoint(path);
  expect(bytes).toBe(size);
  const source = tensors.get('model.layers.0.self_attn.q_proj.weight') as TensorSource;
  const read = vi.spyOn(FilePool.prototype, 'read');
  // A span of 8 MiB, as jobs read it, that has the row in its middle.
  const span = 8 << 20;
  const begin = 4 * (row * WIDTH + column) - span / 2;
  const view = await sourceBytes(source, begin, span);
  const lengths = read.mock.calls.map(([, target]) => target.length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(1 << 20);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(span);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);

  const expected = await openCheckpoint(fixture('gguf/types.safetensors'));
  const values = await sourceValues(expected.tensors.get('Q4_K') as TensorSource);
  const found = new Float32Array(Uint8Array.from(view).buffer);
  expect([...found.subarray(span / 8, span / 8 + 768)]).toEqual(values);
  expect(found.filter(value => value !== 0)).toHaveLength(values.filter(value => value !== 0).length);
});
