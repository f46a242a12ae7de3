/** The self-test's expected digests come from the oracles, and a device that computes differently fails it. */
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../kernels/backend.ts';
import { digestOf, failedChecks } from '../../kernels/backends/selfTest.ts';
import type { Region } from '../../kernels/memory.ts';
import { STAGES, type Stages } from '../../kernels/stages/index.ts';
import { fine } from '../../kernels/stages/sample.ts';
import type { AnyStage } from '../../kernels/stages/stage.ts';
import { openCpu } from './backends.ts';
import * as oracle from './oracle.ts';
import { bytesIn, PlainRegion, valuesIn } from './plain.ts';
import { callOf, plainMachine, stageTests, type AnyCall } from './stageDrive.ts';
import { oracle as quantizePack } from './stages/quantize_pack.ts';

const cpu = await openCpu();

/** The regions of a call: given directly, or in a slice or rows. */
const regionsOf = (args: readonly unknown[]): Region[] =>
  (args as readonly Partial<{ region: Region; bytes: number; byteLength: number }>[]).flatMap(arg =>
    arg?.region ? arg.region : typeof arg?.bytes === 'number' ? (arg as Region) : [],
  );

/** A call that leaves all regions unchanged; it calls `changed` if the stage would have changed one. */
const forgetful =
  (call: AnyCall, changed: () => void): AnyCall =>
  async (...args) => {
    const regions = regionsOf(args);
    const before = await Promise.all(regions.map(region => cpu.read(region, 0, region.bytes)));
    const result = await call(...args);
    for (const [i, region] of regions.entries()) {
      const old = before[i] ?? new Uint8Array();
      if (Buffer.compare(await cpu.read(region, 0, region.bytes), old) !== 0) changed();
      await cpu.write(region, 0, region.bytes, async view => view.set(old));
    }
    return result;
  };

/** A call that returns numbers a little too large; it calls `returned` if there are any. */
const exaggerating =
  (call: AnyCall, returned: () => void): AnyCall =>
  async (...args) => {
    const larger = (value: unknown): unknown => {
      if (typeof value === 'number') returned();
      if (typeof value === 'number') return Number.isInteger(value) ? value + 1 : value * (1 + 2 ** -50);
      if (value instanceof Uint32Array) return value.map(count => larger(count) as number);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, larger(part)]));
    };
    return larger(await call(...args));
  };

describe.each(stageTests)('$stage.name', ({ call, stage: { selfTest }, oracle: plain }) => {
  test('is expected to give what the oracle computes', async () => {
    expect(await digestOf(plainMachine, plain, selfTest)).toBe(selfTest.digest);
  });

  test('is noticed when it does not write, or does not return, what it should', async () => {
    let effects = 0;
    for (const broken of [forgetful, exaggerating]) {
      let matters = false;
      const found = await digestOf(
        cpu,
        broken(callOf(cpu, call), () => (matters = true)),
        selfTest,
      );
      expect(found !== selfTest.digest).toBe(matters);
      if (matters) effects++;
    }
    expect(effects).toBeGreaterThan(0);
  });
});

/** Final contents of the regions of a stage's self-test. */
async function after(name: string): Promise<Uint8Array[]> {
  const found = stageTests.find(({ stage }) => stage.name === name);
  if (!found) throw new Error(`there is no stage ${name}`);
  const { inputs, run } = found.stage.selfTest;
  const regions = inputs().map(
    ({ buffer, byteOffset, byteLength }) => new PlainRegion(new Uint8Array(buffer, byteOffset, byteLength)),
  );
  await run(found.oracle, ...regions);
  return regions.map(({ data }) => data);
}

describe('self-test', () => {
  test('is passed by the CPU backend', async () => {
    expect(await failedChecks(cpu)).toEqual([]);
  });

  test('has groups of many scales, and most codes', async () => {
    const [, scales] = await after('group_scales');
    const codes = (await after('quantize_groups')).at(-1);
    expect(new Set(scales).size).toBeGreaterThan(8);
    expect(new Set(codes).size).toBeGreaterThan(150);
  });

  test('notices contraction of scale·x + zero', async () => {
    // Float64 keeps the product exact, as a fused multiply-add does.
    const contracted: Stages['quantizePack'] = async (x, affine, codes, ...rest) => {
      const { bits, scale, zero } = affine;
      const found = Uint8Array.from(valuesIn(x), value => {
        const sum = Math.fround(Math.fround(scale) * oracle.ftz(value) + zero);
        return Math.min(Math.max(oracle.rint(sum), 0), 2 ** bits - 1);
      });
      const loss = await quantizePack(x, affine, codes, ...rest);
      bytesIn(codes).set(oracle.pack(found, bits).subarray(0, codes.bytes));
      return loss;
    };
    const { selfTest } = STAGES.quantizePack as unknown as AnyStage;
    expect(await digestOf(plainMachine, contracted as AnyCall, selfTest)).not.toBe(selfTest.digest);
  });

  test('notices a sum in another order, and contraction in one', () => {
    const [x, y] = [fine(2), fine(1)];
    const squares = Array.from(x, (value, i) => Math.fround(value - (y[i] ?? 0)) ** 2);
    const inOrder = squares.reduce((sum, square) => Math.fround(sum + Math.fround(square)), 0);
    const lane = (values: readonly number[], step: (sum: number, square: number) => number): number[] =>
      [0, 1, 2, 3].map(slot => values.filter((_, i) => i % 4 === slot).reduce(step, 0));
    const first = squares.slice(512, 544);
    const separate = lane(first, (sum, square) => Math.fround(sum + Math.fround(square)));
    const fused = lane(first, (sum, square) => Math.fround(sum + square));
    const stored = (values: Float32Array): oracle.Stored => ({
      type: 'F32',
      bytes: new Uint8Array(values.buffer),
    });
    expect(inOrder).not.toBe(oracle.deltaEnergy(stored(x), stored(y)));
    expect(fused).not.toEqual(separate);
  });

  test('names the stage that went wrong', async () => {
    const broken: Backend = Object.create(cpu, {
      meanDelta: {
        value: async (...args: Parameters<Backend['meanDelta']>) => {
          const extent = await cpu.meanDelta(...args);
          return { ...extent, max: extent.max + 2 ** -20 };
        },
      },
    }) as Backend;
    expect(await failedChecks(broken)).toEqual(['mean_delta']);
  });
});
