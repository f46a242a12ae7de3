/** 8-bit floats: every code, every tie, and the scales that go with them. */
import { expect, test } from 'vitest';
import { Coder, coded, codedBytes, type Coding } from '../../../../extension/engine/output/coding.ts';
import { float8Scale } from '../../../../extension/engine/output/encodings/scaled8.ts';
import { keptFromFloat8 } from '../../../../extension/engine/output/float8.ts';
import { float8Bits } from '../../../../extension/formats/floatBits.ts';

/** OCP FP8, E4M3: bias 7, no infinity, NaN at all ones. */
function valueOf(code: number): number {
  const [exponent, mantissa] = [(code >> 3) & 15, code & 7];
  const size = exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10);
  return code < 128 ? size : -size;
}
const FINITE = Array.from({ length: 127 }, (_, code) => code);
const encode = (...values: number[]) => [...float8Bits(Float32Array.from(values))];

test('every code is that of its own value', () => {
  for (const code of FINITE) {
    expect(encode(valueOf(code)), `${code}`).toEqual([code]);
    expect(encode(-valueOf(code)), `-${code}`).toEqual([code | 128]);
  }
  expect(valueOf(126)).toBe(448);
});

test('ties go to the even code, and what is next to them to the nearer one', () => {
  for (const code of FINITE.slice(0, -1)) {
    const middle = (valueOf(code) + valueOf(code + 1)) / 2;
    expect(encode(middle, -middle), `${code}`).toEqual([code + (code & 1), (code + (code & 1)) | 128]);
    expect(encode(middle * (1 - 2 ** -23), middle * (1 + 2 ** -23)), `${code}`).toEqual([code, code + 1]);
  }
});

test('beyond ±448 it saturates; NaN and infinity are NaN', () => {
  expect(encode(464, 465, 1e30, -1e30)).toEqual([126, 126, 126, 254]);
  expect(encode(NaN, Infinity, -Infinity)).toEqual([127, 127, 255]);
});

test('a scale makes the largest magnitude 448 at most, with the bits of bfloat16', () => {
  expect([float8Scale(448), float8Scale(1.75), float8Scale(0)]).toEqual([1, 2 ** -8, 1]);
  for (const largest of [1e-30, 0.1, 3.3, 447, 449, 3e38]) {
    const scale = float8Scale(largest);
    expect(new Uint32Array(Float32Array.of(scale).buffer)[0]! & 0xffff).toBe(0);
    expect(scale * 448).toBeGreaterThanOrEqual(largest);
    expect(scale * 448).toBeLessThanOrEqual(largest * (1 + 2 ** -7));
  }
  expect(float8Scale(1e-44)).toBe(2 ** -126);
});

/** All bytes of a tensor whose values come in such pieces. */
function code(coding: Coding, shape: number[], values: Float32Array, step: number): Uint8Array {
  const coder = Coder.allocate(coding, shape, { plain: () => undefined }, step)();
  const pieces = (work: (piece: Float32Array) => void) => {
    for (let at = 0; at < values.length; at += step) work(values.subarray(at, at + step));
  };
  const out: Uint8Array[] = [];
  if (coder.measures) pieces(piece => coder.measure(piece));
  pieces(piece => out.push(...coder.code(piece)));
  const bytes = Buffer.concat(out);
  expect(bytes).toHaveLength(codedBytes(coding, shape));
  return new Uint8Array(bytes);
}

test.each([1, 2, 5, 6, 100])(
  'scales come first, one for each row or one for all, %i values at a time',
  step => {
    // Rows of largest magnitude 448, 1.75 and 0.
    const values = Float32Array.of(448, -112, 1.75, -1.75, 0, -0);
    const byRow = code(coded({ kind: 'scaled8', scales: 3 }), [3, 2], values, step);
    expect([...new Float32Array(byRow.slice(0, 12).buffer)]).toEqual([1, 2 ** -8, 1]);
    expect([...byRow.subarray(12)]).toEqual([126, 0x80 | 110, 126, 254, 0, 128]);
    const whole = code(coded({ kind: 'scaled8', scales: 1 }), [3, 2], values, step);
    expect([...new Float32Array(whole.slice(0, 4).buffer)]).toEqual([1]);
    // 1.75 = 14 · 2 ** -3: exponent 7, mantissa 6.
    expect([...whole.subarray(4)]).toEqual([126, 0x80 | 110, 0x3e, 0xbe, 0, 128]);
  },
);

test('what is no number takes no part in a scale', () => {
  const values = Float32Array.of(NaN, Infinity, 1.75, 0);
  const bytes = code(coded({ kind: 'scaled8', scales: 1 }), [2, 2], values, 4);
  expect([...new Float32Array(bytes.slice(0, 4).buffer)]).toEqual([2 ** -8]);
  expect([...bytes.subarray(4)]).toEqual([127, 127, 126, 0]);
});

test('matrices of linear layers are taken, and nothing else', () => {
  const tensor = (name: string, shape: number[]) => ({ tensor: name, shape, dtype: 'BF16' as const });
  const layer = (name: string, shape: number[]) =>
    [0, 1].map(i => tensor(`model.layers.${i}.${name}`, shape));
  const tensors = [
    ...layer('mlp.up_proj.weight', [32, 16]),
    ...layer('mlp.experts.3.up_proj.weight', [32, 16]),
    ...layer('mlp.gate.weight', [16, 16]),
    ...layer('mlp.down_proj.weight', [8, 32]),
    ...layer('input_layernorm.weight', [16]),
    ...layer('attn.c_attn.weight', [16, 48]),
    ...layer('conv.weight', [16, 16, 3, 3]),
    tensor('lm_head.weight', [32, 16]),
    tensor('visual.blocks.0.fc.weight', [16, 16]),
    tensor('visual.blocks.1.fc.weight', [16, 16]),
  ];
  const why = keptFromFloat8(tensors);
  expect(tensors.flatMap(({ tensor: name }, i) => (why[i] === undefined ? [name] : []))).toEqual([
    'model.layers.0.mlp.up_proj.weight',
    'model.layers.1.mlp.up_proj.weight',
    'model.layers.0.mlp.experts.3.up_proj.weight',
    'model.layers.1.mlp.experts.3.up_proj.weight',
  ]);
  expect(new Set(why)).toEqual(
    new Set([
      undefined,
      'routers',
      'not a multiple of 16 rows and columns',
      'no matrices of linear layers',
      'stored columns first',
      'outside the layers',
      'of the encoder of images or sound',
    ]),
  );
});
