/** The inputs that the group stages are tested with, on every backend. */
import { packedBytes } from '../../kernels/codes.ts';
import { GROUP_SIZES, groupsOf, SCALES } from '../../kernels/groups.ts';
import type { GroupQuantizer } from '../../kernels/stages/quantize_groups/stage.ts';
import type { GroupTable } from '../../kernels/stages/dequantize_groups/stage.ts';
import { WIDTHS } from './cases.ts';
import { sumOfSquares } from './groupOracle.ts';
import { FOLDED, VALUES, valuesOf } from './stageCases.ts';
import { ftz } from './oracle.ts';
import { generator, randomBytes } from './random.ts';

/** Around the sizes of groups, words of scales and of codes, workgroups, and chunks of SMALL_CHUNK. */
export const COUNTS = [1, 3, 31, 32, 33, 65, 129, 255, 257, 1000, 2047, 2049, 8193] as const;

const sorted = (values: Iterable<number>): Float32Array => Float32Array.from(values).sort();

/** Mean squares over all magnitudes, denser around those of weights; some equal, the smallest flushed. */
const ANYWHERE = sorted(
  Array.from({ length: SCALES - 1 }, (_, i) =>
    i < 2 ? 0 : i < 55 ? 2 ** (5 * i - 150) : 2 ** (i / 16 - 22),
  ),
);

/** Mean squares that the groups' sums reach exactly, or miss by a little; the others are larger. */
function exact(x: Float32Array, groupSize: number): Float32Array {
  const near: number[] = [];
  for (let at = 0; at < x.length && near.length < SCALES - 3; at += groupSize) {
    const group = x.subarray(at, at + groupSize);
    const mean = sumOfSquares(group, groupSize) / group.length;
    if (mean < 1e30) near.push(mean, mean * (1 + 2 ** -23), mean * (1 - 2 ** -24));
  }
  while (near.length < SCALES - 1) near.push(2 ** 110);
  return sorted(near);
}

export interface ScaleCase {
  readonly x: Float32Array;
  readonly groupSize: number;
  readonly thresholds: Float32Array;
}

/** Values whose squares are flushed, are next to what is flushed, and overflow. */
function squaresAtTheEdge(count: number, seed: number): Float32Array {
  const random = generator(seed);
  const exponents = [-57, -58, 69, 0];
  return valuesOf('weights', count, seed).map(v => v * 2 ** (exponents[Math.floor(random() * 4)] ?? 0));
}

export function* scaleCases(): Generator<ScaleCase> {
  for (const groupSize of GROUP_SIZES) {
    for (const count of COUNTS) {
      const inputs = VALUES.map((kind, i) => valuesOf(kind, count, count + i));
      inputs.push(squaresAtTheEdge(count, count), new Float32Array(count));
      for (const x of inputs) yield { x, groupSize, thresholds: ANYWHERE };
      const weights = valuesOf('weights', count, count);
      yield { x: weights, groupSize, thresholds: exact(weights, groupSize) };
    }
  }
}

/** Factors of all magnitudes and both signs, including zero and one that is flushed. */
const factors = (seed: number): Float32Array => {
  const random = generator(seed);
  const some = Float32Array.from({ length: SCALES }, () => (random() - 0.1) * 2 ** (random() * 60 - 20));
  some.set([0, 1e-39, 2 ** -126, 2 ** 127, 1], 7);
  return some;
};

/** Boundaries of both signs; two equal ones if there are three, and zeros if there are more. */
export function boundariesOf(bits: number, seed: number): Float32Array {
  const random = generator(seed);
  const boundaries = sorted(Array.from({ length: 2 ** bits - 1 }, () => (random() - 0.5) * 4));
  if (bits > 1) boundaries[1] = boundaries[0] ?? 0;
  const middle = boundaries.findIndex(b => b > 0);
  if (bits > 3) boundaries.set([-1e-40, 0, 1e-39], Math.max(middle - 1, 2));
  return boundaries.sort();
}

export interface QuantizeCase {
  readonly x: Float32Array;
  readonly scales: Uint8Array;
  readonly quantizer: GroupQuantizer;
}

export function* quantizeCases(bits: number): Generator<QuantizeCase> {
  for (const [i, groupSize] of GROUP_SIZES.entries()) {
    for (const count of COUNTS) {
      const boundaries = boundariesOf(bits, bits + i);
      const scales = randomBytes(groupsOf(count, groupSize), count + i);
      const any = { bits, groupSize, inverse: factors(i), boundaries };
      for (const kind of ['wide', 'tiny'] as const) {
        yield { x: valuesOf(kind, count, count), scales, quantizer: any };
      }
      // On, just above and just below boundaries.
      const one = { ...any, inverse: new Float32Array(SCALES).fill(1) };
      const near = Float32Array.from({ length: count }, (_, k) => {
        const boundary = boundaries[k % boundaries.length] ?? 0;
        return boundary * (1 + ((k % 3) - 1) * 2 ** -23);
      });
      yield { x: near, scales, quantizer: one };
      const spread = { ...any, inverse: new Float32Array(SCALES).fill(50) };
      yield { x: valuesOf('weights', count, count), scales, quantizer: spread };
    }
  }
}

export interface DequantizeCase {
  readonly packed: Uint8Array;
  readonly scales: Uint8Array;
  readonly table: GroupTable;
  readonly count: number;
}

export function* dequantizeCases(bits: number): Generator<DequantizeCase> {
  for (const [i, groupSize] of GROUP_SIZES.entries()) {
    // Products with factors below 2^-126, subnormal values and zeros are flushed.
    const values = valuesOf('tiny', 1 << bits, bits + i).map((v, code) => (code % 3 === 0 ? v : code - 1.3));
    for (const count of COUNTS) {
      const packed = randomBytes(packedBytes(count, bits), count);
      const scales = randomBytes(groupsOf(count, groupSize), count + bits);
      yield { packed, scales, table: { bits, groupSize, values, scales: factors(bits) }, count };
    }
  }
}

/** Enough groups to fold a narrow grid. */
const long = { x: valuesOf('weights', FOLDED, 1), scales: randomBytes(groupsOf(FOLDED, 64), 2) };

export const longScales = (): ScaleCase => ({
  x: long.x,
  groupSize: 64,
  thresholds: exact(long.x.map(ftz), 64),
});

export const longQuantize = (): QuantizeCase => ({
  ...long,
  quantizer: { bits: 3, groupSize: 64, inverse: factors(3), boundaries: boundariesOf(3, 4) },
});

export const longDequantize = (): DequantizeCase => ({
  packed: randomBytes(packedBytes(FOLDED, 3), 6),
  scales: long.scales,
  table: { bits: 3, groupSize: 64, values: Float32Array.from(WIDTHS, Math.sqrt), scales: factors(5) },
  count: FOLDED,
});
