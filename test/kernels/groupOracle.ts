/** The group stages in plain TypeScript, as their descriptors define them: slow and obvious. */
import type { GroupQuantizer } from '../../kernels/stages/quantize_groups/stage.ts';
import type { GroupTable } from '../../kernels/stages/dequantize_groups/stage.ts';
import { add, ftz, multiply, pack, unpack } from './oracle.ts';

const LANE = 32;

/** The sum of squares of one group of up to `groupSize` values. */
export function sumOfSquares(group: Float32Array, groupSize: number): number {
  let lanes = Array.from({ length: groupSize / LANE }, (_, lane) => {
    const sums: [number, number, number, number] = [0, 0, 0, 0];
    group.subarray(lane * LANE, (lane + 1) * LANE).forEach((value, j) => {
      const slot = (j % 4) as 0 | 1 | 2 | 3;
      sums[slot] = add(sums[slot], multiply(ftz(value), ftz(value)));
    });
    return add(add(sums[0], sums[1]), add(sums[2], sums[3]));
  });
  while (lanes.length > 1) {
    const half = lanes.length / 2;
    lanes = lanes.slice(0, half).map((sum, l) => add(sum, lanes[l + half] ?? 0));
  }
  return lanes[0] ?? 0;
}

/** How many of `steps` a value reaches. */
function reached(value: number, steps: readonly number[]): number {
  let count = 0;
  for (const step of steps) if (value >= step) count++;
  return count;
}

/** Bytes of the groups' scales, up to the next multiple of 4. */
export function groupScales(x: Float32Array, groupSize: number, thresholds: Float32Array): Uint8Array {
  const groups = Math.ceil(x.length / groupSize);
  const bytes = new Uint8Array(Math.ceil(groups / 4) * 4);
  for (let g = 0; g < groups; g++) {
    const group = x.subarray(g * groupSize, (g + 1) * groupSize);
    const steps = Array.from(thresholds, t => multiply(ftz(t), group.length));
    bytes[g] = reached(sumOfSquares(group, groupSize), steps);
  }
  return bytes;
}

/** Packed codes, up to the next multiple of 4 bytes. */
export function quantizeGroups(
  x: Float32Array,
  scales: Uint8Array,
  { bits, groupSize, inverse, boundaries }: GroupQuantizer,
): Uint8Array {
  const steps = Array.from(boundaries, ftz);
  const codes = Uint8Array.from(x, (value, i) => {
    const factor = ftz(inverse[scales[Math.floor(i / groupSize)] ?? 0] ?? 0);
    return reached(multiply(ftz(value), factor), steps);
  });
  return pack(codes, bits);
}

export function dequantizeGroups(
  packed: Uint8Array,
  scales: Uint8Array,
  { bits, groupSize, values, scales: factors }: GroupTable,
  count: number,
): Float32Array {
  return Float32Array.from(unpack(packed, bits, count), (code, i) => {
    const factor = ftz(factors[scales[Math.floor(i / groupSize)] ?? 0] ?? 0);
    return multiply(ftz(values[code] ?? 0), factor);
  });
}
