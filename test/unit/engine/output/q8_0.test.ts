/** Q8_0 as the `gguf` package writes it (fixtures/gguf/make_q8_0.py). */
import { expect, test } from 'vitest';
import { q8_0 } from '../../../../extension/engine/output/encodings/q8_0.ts';
import { openCheckpoint } from '../../../../extension/formats/checkpoint.ts';
import type { TensorSource } from '../../../../extension/formats/tensorSource.ts';
import { fixture } from '../../../checkpoints.ts';
import { sourceBytes, sourceValues } from '../../../sourceBytes.ts';

const encode = (values: Float32Array, step: number) => {
  const encoder = q8_0.encoder({ kind: 'q8_0' }, [values.length]);
  const out: Uint8Array[] = [];
  for (let at = 0; at < values.length; at += step)
    out.push(...encoder.encode(values.subarray(at, at + step)));
  return { bytes: Buffer.concat(out), overflowed: encoder.overflowed };
};

test.each([1, 31, 32, 33, 1000])('byte for byte, %i values at a time', async step => {
  const { tensors } = await openCheckpoint(fixture('gguf/q8_0.safetensors'));
  const values = Float32Array.from(await sourceValues(tensors.get('values') as TensorSource));
  const codes = await sourceBytes(tensors.get('codes') as TensorSource);
  expect(q8_0.bytes({ kind: 'q8_0' }, [6, 64])).toBe(codes.length);
  expect(encode(values, step).bytes.equals(codes)).toBe(true);
});

test('NaN makes its block NaN, and what a scale cannot hold is counted', () => {
  const values = new Float32Array(64).fill(1);
  values[3] = NaN;
  values[40] = 1e8;
  const { bytes, overflowed } = encode(values, 64);
  expect(bytes.readUInt16LE(0)).toBe(0x7e00);
  expect([bytes.readUInt16LE(34), overflowed]).toEqual([0x7c00, 32]);
});
