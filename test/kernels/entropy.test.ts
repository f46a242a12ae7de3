/** Coding by rANS: sizes and payloads against the oracle; every backend decodes what was coded. */
import { describe, expect, test } from 'vitest';
import { FREQUENCY_SUM, STREAM } from '../../kernels/codes.ts';
import { codedBits, encodeStreams, frequenciesOf } from '../../kernels/entropy.ts';
import { mostHeadBytes, parsePayloadHead } from '../../kernels/payload.ts';
import { SCRATCH } from '../../kernels/wasm.ts';
import { openCpu, openWebGpu } from './backends.ts';
import { CODE_COUNTS, CODE_KINDS, codesOf } from './codecCases.ts';
import { decodeOn } from './codecDrive.ts';
import * as oracle from './codecOracle.ts';
import { expectBytes } from './compare.ts';
import { UNTOUCHED } from './place.ts';
import { generator, randomBytes } from './random.ts';

const cpu = await openCpu();
const gpu = await openWebGpu();
/** The same device with so narrow a grid that dispatches have two dimensions. */
const narrow = await openWebGpu({ gridWidth: 3 });

const encode = (codes: Uint8Array): Uint8Array =>
  encodeStreams(cpu.kernels, codes, frequenciesOf(oracle.codeCounts(codes)));

/** What decodeOn returns for these codes. */
function expectedOf(codes: Uint8Array): Uint8Array {
  const whole = Math.ceil(codes.length / 4) * 4;
  const expected = new Uint8Array(whole + 4).fill(UNTOUCHED, whole);
  expected.set(codes);
  return expected;
}

describe.each(CODE_KINDS)('%s codes', kind => {
  test('come back, from what the oracle makes of them', async () => {
    for (const count of CODE_COUNTS) {
      const codes = codesOf(kind, count, count + 1);
      const frequencies = frequenciesOf(oracle.codeCounts(codes));
      const payload = encode(codes);
      expectBytes(payload, oracle.encodeStreams(codes, frequencies));
      const head = parsePayloadHead(payload, count);
      expect(head.frequencies).toEqual(frequencies);
      expect(head.offsets.at(-1)).toBe(payload.length / 2);
      for (const backend of [cpu, gpu])
        expectBytes(await decodeOn(backend, payload, head, count), expectedOf(codes));
    }
  });

  test('take what they must', () => {
    for (const count of [8192, 70_001, 300_000]) {
      const codes = codesOf(kind, count, 3);
      const counts = oracle.codeCounts(codes);
      const ideal = counts.reduce((bits, n) => (n ? bits - n * Math.log2(n / count) : bits), 0);
      const coded = codedBits(counts, frequenciesOf(counts));
      expect(coded).toBeLessThanOrEqual(ideal * 1.003 + 1);
      const payload = encode(codes);
      const { offsets } = parsePayloadHead(payload, count);
      const streams = payload.length - 2 * (offsets[0] ?? 0);
      expect(streams).toBeLessThanOrEqual((coded / 8) * 1.005 + 4 * Math.ceil(count / STREAM));
    }
  });
});

test('streams from the middle, behind zero bytes, in several calls, on a narrow grid', async () => {
  const count = 117 * STREAM + 77;
  const codes = codesOf('normal', count, 5);
  const payload = encode(codes);
  const padded = new Uint8Array(payload.length + 13);
  padded.set(payload);
  const head = parsePayloadHead(padded, count);
  const firstStream = 7;
  const rest = codes.subarray(firstStream * STREAM);
  const expected = expectedOf(rest);
  for (const backend of [cpu, gpu, narrow]) {
    for (const chunk of [backend.chunk, 5 * STREAM]) {
      expectBytes(await decodeOn(backend, padded, head, rest.length, { firstStream, chunk }), expected);
    }
  }
});

test('codes in the kernels memory are coded in place', () => {
  const codes = codesOf('skewed', 70_001, 6);
  const view = cpu.kernels.bytes.subarray(SCRATCH.size + 3, SCRATCH.size + 3 + codes.length);
  view.set(codes);
  expectBytes(encodeStreams(cpu.kernels, view, frequenciesOf(oracle.codeCounts(codes))), encode(codes));
});

test('a small payload, byte by byte', () => {
  const codes = Uint8Array.of(4, 5, 5, 4, 7, 5, 5, 5);
  // Frequencies 4096, 10240, 0 and 2048; one stream of two words, the state 0x05644800.
  const expected = '04070010002800000008020000486405';
  expect(Buffer.from(encode(codes)).toString('hex')).toBe(expected);
});

describe('damaged payloads', () => {
  test('make the same wrong codes on every backend', async () => {
    const count = 9 * STREAM + 1001;
    const codes = codesOf('normal', count, 7);
    const payload = encode(codes);
    const head = parsePayloadHead(payload, count);
    const { frequencies } = head;
    const first = 2 * (head.offsets[0] ?? 0);
    const random = generator(8);
    const other = new Uint32Array(head.offsets.length);
    // Streams of any length, most of them too short.
    let at = first / 2;
    other.forEach((_, i) => {
      other[i] = at;
      at += 2 + Math.floor((random() ** 3 * (payload.length - first)) / 60);
    });
    for (const offsets of [head.offsets, other]) {
      for (const fill of [0, 0xff, undefined]) {
        const damaged = payload.slice();
        if (fill === undefined) damaged.set(randomBytes(payload.length - first, 9), first);
        else damaged.fill(fill, first);
        const expected = oracle.decodeStreams(damaged, Array.from(offsets), frequencies, count);
        for (const backend of [cpu, gpu]) {
          const found = await decodeOn(backend, damaged, { frequencies, offsets }, count);
          expectBytes(found.subarray(0, expected.length), expected);
        }
      }
    }
  });

  test('are refused by their heads', () => {
    const count = 8193;
    const payload = encode(codesOf('two', count, 1));
    const parse = (change: (bytes: Uint8Array) => unknown, size?: number): (() => unknown) => {
      const bytes = payload.slice();
      const changed = change(bytes);
      return () => parsePayloadHead(changed instanceof Uint8Array ? changed : bytes, count, size);
    };
    expect(parse(() => undefined)).not.toThrow();
    expect(parse(bytes => bytes.slice(0, mostHeadBytes(count)), payload.length)).not.toThrow();
    const refused: readonly (readonly [() => unknown, RegExp])[] = [
      [parse(bytes => bytes.slice(0, 1)), /1 bytes has no codes/],
      [parse(bytes => bytes.set([3, 2])), /from 3 to 2/],
      [parse(bytes => bytes.slice(0, 100)), /take 514 bytes, 100 are there/],
      [parse(bytes => bytes.set([0xff], 2)), /add up to \d+, not 16384/],
      [parse(bytes => bytes.set([255, 255, 0, 0])), /add up to 0, not 16384/],
      [parse(bytes => bytes.slice(0, 516)), /of 2 streams begins with 518 bytes, not 516/],
      [parse(bytes => bytes.set([1, 0], 514)), /stream 0 of a payload has 1 words, 2 to 8194/],
      [parse(bytes => bytes.set([4, 0], 516)), /stream 1 of a payload has 4 words, 2 to 3/],
      [parse(bytes => bytes.slice(0, -2)), /end at byte \d+ of \d+/],
      [parse(() => undefined, 520), /end at byte \d+ of 520/],
    ];
    for (const [call, message] of refused) {
      expect(call).toThrow(RangeError);
      expect(call).toThrow(message);
    }
    const bounds = payload.slice(0, 518);
    bounds.fill(0, 2, 4);
    bounds.set([0x00, 0x40], 4);
    bounds.fill(0, 512, 514);
    expect(() => parsePayloadHead(bounds, count)).toThrow(/code 0 bounds/);
  });

  test('are not made of codes without a frequency', () => {
    const frequencies = frequenciesOf(oracle.codeCounts(Uint8Array.of(1, 2)));
    for (const count of [1, 4 * STREAM]) {
      const codes = new Uint8Array(count).fill(1);
      codes[count - 1] = 3;
      expect(() => encodeStreams(cpu.kernels, codes, frequencies)).toThrow(/no frequency/);
    }
    expect(() => encodeStreams(cpu.kernels, Uint8Array.of(), new Uint16Array(256))).toThrow(/add up to 0/);
  });
});

describe('frequencies', () => {
  const sum = (values: Uint16Array): number => values.reduce((total, value) => total + value, 0);

  test('of one code, of none, of a rare one beside a frequent one', () => {
    const of = (...counts: (readonly [number, number])[]): Uint16Array => {
      const all = new Uint32Array(256);
      for (const [code, count] of counts) all[code] = count;
      return frequenciesOf(all);
    };
    expect(of([77, 5])[77]).toBe(FREQUENCY_SUM);
    expect(of()[0]).toBe(FREQUENCY_SUM);
    const rare = of([3, 1], [4, 2 ** 32 - 1]);
    expect([rare[3], rare[4]]).toEqual([1, FREQUENCY_SUM - 1]);
    const even = frequenciesOf(new Uint32Array(256).fill(9));
    expect(even).toEqual(new Uint16Array(256).fill(64));
  });

  test('no other ones of few codes take fewer bits', () => {
    const random = generator(11);
    for (let round = 0; round < 20; round++) {
      const counts = new Uint32Array(256);
      const used = 2 + Math.floor(random() * 254);
      for (let i = 0; i < used; i++) counts[i] = 1 + Math.floor(random() ** 8 * 1e6);
      const found = frequenciesOf(counts);
      expect(sum(found)).toBe(FREQUENCY_SUM);
      const bits = codedBits(counts, found);
      expect(bits).toBeLessThan(Infinity);
      for (let trial = 0; trial < 200; trial++) {
        const [to, from] = [Math.floor(random() * used), Math.floor(random() * used)];
        const moved = found.slice();
        if (to === from || (moved[from] ?? 0) < 2) continue;
        moved[to] = (moved[to] ?? 0) + 1;
        moved[from] = (moved[from] ?? 0) - 1;
        expect(codedBits(counts, moved)).toBeGreaterThan(bits * (1 - 1e-5));
      }
    }
  });
});
