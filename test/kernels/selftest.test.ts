/** The self-test's expected digests come from the oracle, and a device that computes otherwise fails it. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../kernels/backend.ts';
import * as self from '../../kernels/selftest.ts';
import * as codec from '../../kernels/selftestCodec.ts';
import * as data from '../../kernels/selftestData.ts';
import * as group from '../../kernels/selftestGroups.ts';
import { MERGE_CHECKS, MERGE_EXPECTED } from '../../kernels/selftestMerge.ts';
import { openCpu } from './backends.ts';
import * as codecOracle from './codecOracle.ts';
import { floats } from './drive.ts';
import * as groupOracle from './groupOracle.ts';
import { byOracle } from './mergeDrive.ts';
import * as oracle from './oracle.ts';

const WIDTHS = [2, 3, 8];

const F32 = (seed: number): oracle.Stored => ({ type: 'F32', bytes: data.selfTestValues(seed) });
const half = (type: 'F16' | 'BF16', seed: number): oracle.Stored => ({
  type,
  bytes: data.selfTestHalves(type, seed),
});

const [base, tuned] = [F32(1), F32(2)];
const [f16, bf16] = [half('F16', 3), half('BF16', 4)];

/** Bytes that hold the codes, without the padding to a word. */
const packed = (codes: Uint8Array, bits: number): Uint8Array =>
  oracle.pack(codes, bits).subarray(0, Math.ceil((codes.length * bits) / 8));

const bytes = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer);

/** Digests of the self-test's results by the oracle, with `quantize` in the place of the oracle's. */
function digests(quantize = oracle.quantize): Record<string, string> {
  const halves = oracle.deltaMinmax(f16, undefined);
  const delta = oracle.deltaMinmax(bf16, base);
  const mean = oracle.meanDelta(oracle.accumulate([tuned, bf16]), 3, base);
  const x = floats(base.bytes);
  const codes = (bits: number): Uint8Array => quantize(x, data.selfTestAffine(bits));
  const restored = oracle.dequantize(codes(3), data.selfTestTable(3), base);
  const packedWithLoss = (bits: number): Uint8Array[] => {
    const { error, energy } = oracle.codesLoss(x, data.selfTestAffine(bits));
    return [packed(codes(bits), bits), data.bytesOf(error, energy)];
  };
  const encoded = (type: 'F16' | 'BF16'): Uint8Array[] => {
    const { bytes, nonFinite, overflowed } = oracle.encode(floats(data.selfTestUnbounded(1)), type);
    return [bytes, data.bytesOf(nonFinite, overflowed)];
  };
  const extents = [halves.extent.min, halves.extent.max, delta.extent.min, delta.extent.max];
  return {
    delta_minmax: data.digest(bytes(halves.x), bytes(delta.x), data.bytesOf(...extents)),
    mean_delta: data.digest(bytes(mean.x), data.bytesOf(mean.extent.min, mean.extent.max)),
    quantize_pack: data.digest(...WIDTHS.flatMap(packedWithLoss)),
    unpack_dequantize: data.digest(bytes(restored)),
    delta_energy: data.digest(data.bytesOf(oracle.deltaEnergy(f16, base))),
    encode: data.digest(...(['BF16', 'F16'] as const).flatMap(encoded)),
  };
}

/** Digests of the merge stages' results by the oracle. */
async function mergeDigests(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [stage, { inputs, run }] of Object.entries(MERGE_CHECKS)) {
    const { result, regions } = await byOracle({ inputs: inputs(), call: run });
    found[stage] = data.digest(data.bytesOf(...(result as number[])), ...regions.map(bytes));
  }
  return found;
}

/** Digests of the codec stages' results by the oracle. */
function codecDigests(): Record<string, string> {
  const { frequencies, offsets } = codec.selfTestHead();
  const payload = data.selfTestValues(codec.SELF_TEST_PAYLOAD_SEED);
  const rotated = codecOracle.rotate(floats(data.selfTestValues(18)), codec.SELF_TEST_INDEX, 4);
  const blocks = codecOracle.rotate(floats(data.selfTestValues(19)), codec.SELF_TEST_BLOCK, 256);
  const codes = codecOracle.decodeStreams(payload, Array.from(offsets), frequencies, codec.SELF_TEST_CODES);
  return {
    rotate: data.digest(bytes(rotated)),
    rotate_256: data.digest(bytes(blocks)),
    rans_decode: data.digest(codes),
  };
}

/** Digests of the group stages' results by the oracle, and the bytes and codes themselves. */
function groupResults(): { found: Record<string, string>; scales: Uint8Array; codes: Uint8Array } {
  const COUNT = data.SELF_TEST_COUNT;
  const bytesOf = (groupSize: number): Uint8Array =>
    groupOracle
      .groupScales(floats(data.selfTestValues(20)), groupSize, group.SELF_TEST_THRESHOLDS)
      .subarray(0, Math.ceil(COUNT / groupSize));
  const scales = group.selfTestScales();
  const codesOf = (bits: number): Uint8Array =>
    groupOracle
      .quantizeGroups(floats(data.selfTestValues(21)), scales, group.selfTestQuantizer(bits))
      .subarray(0, Math.ceil((COUNT * bits) / 8));
  const table = group.selfTestGroupTable(3);
  const restored = groupOracle.dequantizeGroups(data.selfTestValues(22), scales, table, COUNT);
  return {
    found: {
      group_scales: data.digest(bytesOf(32), bytesOf(256)),
      quantize_groups: data.digest(...group.SELF_TEST_WIDTHS.map(codesOf)),
      dequantize_groups: data.digest(bytes(restored)),
    },
    scales: bytesOf(32),
    codes: codesOf(8),
  };
}

describe('self-test', () => {
  test('expects what the oracle computes', async () => {
    const merged = await mergeDigests();
    expect(merged).toEqual(MERGE_EXPECTED);
    const coded = codecDigests();
    expect(coded).toEqual(codec.CODEC_EXPECTED);
    const grouped = groupResults().found;
    expect(grouped).toEqual(group.GROUP_EXPECTED);
    expect({ ...digests(), ...merged, ...coded, ...grouped }).toEqual(self.EXPECTED);
  });

  test('is passed by the CPU backend', async () => {
    expect(await self.failedChecks(await openCpu())).toEqual([]);
  });

  test('has groups of many scales, and most codes', () => {
    const { scales, codes } = groupResults();
    expect(new Set(scales).size).toBeGreaterThan(8);
    expect(new Set(codes).size).toBeGreaterThan(150);
  });

  test('notices contraction of scale·x + zero', () => {
    // Float64 keeps the product exact, as a fused multiply-add does.
    const contracted: typeof oracle.quantize = (x, { bits, scale, zero }) =>
      Uint8Array.from(x, value => {
        const sum = Math.fround(Math.fround(scale) * oracle.ftz(value) + zero);
        return Math.min(Math.max(oracle.rint(sum), 0), 2 ** bits - 1);
      });
    expect(digests(contracted)['quantize_pack']).not.toBe(self.EXPECTED['quantize_pack']);
  });

  test('notices a sum in another order, and contraction in one', () => {
    const [x, y] = [floats(tuned.bytes), floats(base.bytes)];
    const squares = Array.from(x, (value, i) => Math.fround(value - (y[i] ?? 0)) ** 2);
    const inOrder = squares.reduce((sum, square) => Math.fround(sum + Math.fround(square)), 0);
    const lane = (values: readonly number[], step: (sum: number, square: number) => number): number[] =>
      [0, 1, 2, 3].map(slot => values.filter((_, i) => i % 4 === slot).reduce(step, 0));
    const first = squares.slice(512, 544);
    const separate = lane(first, (sum, square) => Math.fround(sum + Math.fround(square)));
    const fused = lane(first, (sum, square) => Math.fround(sum + square));
    expect(inOrder).not.toBe(oracle.deltaEnergy(tuned, base));
    expect(fused).not.toEqual(separate);
  });

  test('names the stage that went wrong', async () => {
    const cpu = await openCpu();
    const broken: Backend = Object.create(cpu, {
      meanDelta: {
        value: async (...args: Parameters<Backend['meanDelta']>) => {
          const extent = await cpu.meanDelta(...args);
          return { ...extent, max: extent.max + 2 ** -20 };
        },
      },
    }) as Backend;
    expect(await self.failedChecks(broken)).toEqual(['mean_delta']);
  });
});
