/** Codebooks and group scales against known results. */
import { describe, expect, it } from 'vitest';
import {
  BINS,
  codebookOf,
  type Codebook,
  type Design,
} from '../../../extension/engine/codecs/codebook/codebook.ts';
import {
  inverseTable,
  scaleTable,
  scaleThresholds,
  UNIT_BYTE,
} from '../../../extension/engine/codecs/codebook/groupScale.ts';
import { noise } from '../../checkpoints.ts';

/** Normal values (Box–Muller), of root mean square 1. */
function normal(count: number): number[] {
  const next = noise(7);
  const uniform = () => (next() + 1) / 2;
  return Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** Laplacian values of root mean square 1: heavier tails. */
function laplacian(count: number): number[] {
  const next = noise(8);
  return Array.from({ length: count }, () => {
    const u = next() / 2;
    return (-Math.sign(u) * Math.log(1 - 2 * Math.abs(u))) / Math.SQRT2;
  });
}

/** How many rising bounds are at or below a value. */
function countBelow(bounds: Float32Array, x: number): number {
  let [from, to] = [0, bounds.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (x >= (bounds[middle] as number)) from = middle + 1;
    else to = middle;
  }
  return from;
}

function histogramOf(values: readonly number[]): Float64Array {
  const counts = new Float64Array(256);
  for (const x of values) counts[countBelow(BINS, x)]!++;
  return counts;
}

/** Mean squared error. */
const errorOf = ({ values, boundaries }: Codebook, xs: readonly number[]): number =>
  xs.reduce((sum, x) => sum + (x - (values[countBelow(boundaries, x)] as number)) ** 2, 0) / xs.length;

describe('codebooks', () => {
  const xs = normal(20_000);
  const tails = laplacian(20_000);
  const histogram = histogramOf(tails);
  const of = (design: Design, bits: number) => codebookOf(design, bits, histogram);

  it.each([
    [1, [-0.7979, 0.7979]],
    [2, [-1.5104, -0.4528, 0.4528, 1.5104]],
    [3, [-2.152, -1.344, -0.756, -0.2451, 0.2451, 0.756, 1.344, 2.152]],
  ])('gaussian, %i bits: the published table', (bits, expected) => {
    const { values } = codebookOf('gaussian', bits, []);
    for (const [code, value] of expected.entries()) expect(values[code]).toBeCloseTo(value, 3);
  });

  it.each([
    [1, 0.3634],
    [2, 0.1175],
    [3, 0.03454],
    [4, 0.0095],
  ])('gaussian, %i bits: errs as the table does on normal values', (bits, expected) => {
    expect(errorOf(codebookOf('gaussian', bits, []), xs) / expected).toBeCloseTo(1, 1);
  });

  it.each([1, 2, 3, 4, 6, 8])('%i bits: rising values, boundaries halfway', bits => {
    for (const design of ['clip', 'gaussian', 'lloyd-max'] as const) {
      const { values, boundaries } = of(design, bits);
      expect(values).toHaveLength(2 ** bits);
      expect(boundaries).toHaveLength(2 ** bits - 1);
      for (const [i, bound] of boundaries.entries()) {
        expect(bound).toBeGreaterThan(values[i] as number);
        expect(bound).toBeLessThan(values[i + 1] as number);
      }
    }
  });

  it.each([2, 3, 4])('%i bits: fitted to heavy tails errs less than clip and the normal table', bits => {
    const fitted = errorOf(of('lloyd-max', bits), tails);
    expect(fitted).toBeLessThan(errorOf(of('clip', bits), tails));
    expect(fitted).toBeLessThan(errorOf(of('gaussian', bits), tails));
  });

  it.each([2, 3])('%i bits: no other step of even values errs noticeably less than clip', bits => {
    const clip = of('clip', bits);
    const least = errorOf(clip, tails);
    for (const ratio of [0.6, 0.8, 0.9, 1.1, 1.25, 1.6]) {
      const stretched = {
        values: clip.values.map(value => ratio * value),
        boundaries: clip.boundaries.map(bound => ratio * bound),
      };
      expect(errorOf(stretched, tails)).toBeGreaterThan(0.99 * least);
    }
  });
});

describe('group scales', () => {
  const unit = 0.037;

  it('are eight to an octave, down from the unit', () => {
    const scales = scaleTable(unit);
    expect(scales[UNIT_BYTE]).toBe(Math.fround(unit));
    for (const [byte, scale] of scales.entries())
      expect(scale / (unit * 2 ** ((byte - UNIT_BYTE) / 8))).toBeCloseTo(1, 6);
  });

  it('a mean square gets the scale that is nearest to its root', () => {
    const [scales, inverse, thresholds] = [scaleTable(unit), inverseTable(unit), scaleThresholds(unit)];
    for (let rms = unit; rms > unit / 2 ** 20; rms *= 0.977) {
      const byte = countBelow(thresholds, rms * rms);
      expect(Math.abs(Math.log2(rms / (scales[byte] as number)))).toBeLessThan(1 / 16 + 1e-6);
      expect((scales[byte] as number) * (inverse[byte] as number)).toBeCloseTo(1, 6);
    }
  });
});
