/** XXH64 against published values and a plain implementation; rounding of F64. */
import { beforeAll, describe, expect, test } from 'vitest';
import { demoteF64, Xxh64 } from '../../kernels/checksum.ts';
import { instantiateKernels, SCRATCH, type Kernels } from '../../kernels/wasm.ts';
import { kernelModule } from './backends.ts';
import { expectBytes } from './compare.ts';
import { generator, randomBytes } from './random.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = instantiateKernels(await kernelModule(), 2 ** 20);
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const MASK = 2n ** 64n - 1n;
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const multiply = (a: bigint, b: bigint): bigint => (a * b) & MASK;
const rotate = (a: bigint, by: bigint): bigint => ((a << by) | (a >> (64n - by))) & MASK;
const round = (acc: bigint, lane: bigint): bigint =>
  multiply(rotate((acc + multiply(lane, P2)) & MASK, 31n), P1);

/** XXH64 with seed 0 of a whole message, as its specification has it. */
function xxh64(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let hash: bigint = P5;
  if (bytes.length >= 32) {
    const acc = [(P1 + P2) & MASK, P2, 0n, -P1 & MASK];
    for (; at + 32 <= bytes.length; at += 32) {
      acc.forEach((a, i) => (acc[i] = round(a, view.getBigUint64(at + 8 * i, true))));
    }
    hash = acc.reduce((sum, a, i) => sum + rotate(a, [1n, 7n, 12n, 18n][i] ?? 0n), 0n) & MASK;
    for (const a of acc) hash = (multiply(hash ^ round(0n, a), P1) + P4) & MASK;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (multiply(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n), P1) + P4) & MASK;
  }
  if (at + 4 <= bytes.length) {
    hash = (multiply(rotate(hash ^ multiply(BigInt(view.getUint32(at, true)), P1), 23n), P2) + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash = multiply(rotate(hash ^ multiply(BigInt(view.getUint8(at)), P5), 11n), P1);
  }
  hash = multiply(hash ^ (hash >> 33n), P2);
  hash = multiply(hash ^ (hash >> 29n), P3);
  return (hash ^ (hash >> 32n)).toString(16).padStart(16, '0');
}

const PUBLISHED: readonly (readonly [string, string])[] = [
  ['', 'ef46db3751d8e999'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['abc', '44bc2cf5ad770999'],
  ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
];

describe('Xxh64', () => {
  test.each(PUBLISHED)('of %j', (message, expected) => {
    expect(xxh64(text(message))).toBe(expected);
    const hash = new Xxh64(kernels);
    hash.update(text(message));
    expect(hash.digest()).toBe(expected);
  });

  test('of every length around a stripe, in every split', () => {
    const bytes = randomBytes(70, 1);
    for (let length = 0; length <= bytes.length; length++) {
      const expected = xxh64(bytes.subarray(0, length));
      for (let split = 0; split <= length; split++) {
        const hash = new Xxh64(kernels);
        hash.update(bytes.subarray(0, split));
        hash.update(bytes.subarray(split, length));
        expect(hash.digest()).toBe(expected);
      }
    }
  });

  test('of more bytes than the working memory, at odd addresses, in and out of the kernels memory', () => {
    const bytes = randomBytes(3 * SCRATCH.blockBytes + 17, 2);
    const expected = xxh64(bytes);
    const outside = new Xxh64(kernels);
    outside.update(bytes.subarray(0, 100_001));
    outside.update(bytes.subarray(100_001));
    expect(outside.digest()).toBe(expected);

    const view = kernels.bytes.subarray(SCRATCH.size + 3, SCRATCH.size + 3 + bytes.length);
    view.set(bytes);
    const inside = new Xxh64(kernels);
    inside.update(view);
    expect(inside.digest()).toBe(expected);
  });

  test('several at once, digested on the way', () => {
    const [a, b] = [randomBytes(5000, 3), randomBytes(5000, 4)];
    const [first, second] = [new Xxh64(kernels), new Xxh64(kernels)];
    first.update(a.subarray(0, 1001));
    second.update(b.subarray(0, 33));
    expect(first.digest()).toBe(xxh64(a.subarray(0, 1001)));
    first.update(a.subarray(1001));
    second.update(b.subarray(33));
    expect(first.digest()).toBe(xxh64(a));
    expect(second.digest()).toBe(xxh64(b));
  });
});

describe('demoteF64', () => {
  const random = generator(7);
  const special = [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    1e300,
    -1e300,
    1e-40,
    1e-320,
    1 + 2 ** -24,
    1 + 3 * 2 ** -24,
  ];
  const values = Float64Array.from(
    { length: 20_003 },
    (_, i) => special[i] ?? (random() - 0.5) * 10 ** (i % 60),
  );
  const bytes = new Uint8Array(values.buffer);
  const expected = Float32Array.from(values);

  test.each([0, 1, 2, 3, 4, 5, 1000, 20_003])('of %i values outside the kernels memory, unaligned', count => {
    const view = new Uint8Array(3 + count * 8).subarray(3);
    view.set(bytes.subarray(0, count * 8));
    const demoted = demoteF64(kernels, view);
    expect(demoted.byteOffset).toBe(view.byteOffset);
    expectBytes(demoted, new Uint8Array(expected.buffer, 0, count * 4));
  });

  test('inside the kernels memory', () => {
    const view = kernels.bytes.subarray(SCRATCH.size + 8, SCRATCH.size + 8 + bytes.length);
    view.set(bytes);
    expectBytes(demoteF64(kernels, view), new Uint8Array(expected.buffer));
  });

  test('refuses parts of values', () => {
    expect(() => demoteF64(kernels, new Uint8Array(12))).toThrow(RangeError);
  });
});
