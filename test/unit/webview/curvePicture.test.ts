/** Where the error for a size is in the Studio's curve, and what its axes say. */
import { describe, expect, it } from 'vitest';
import { formatBytes } from '../../../webview/common/format.ts';
import {
  CurveScale,
  curvePicture,
  curveTable,
  type CurveData,
} from '../../../webview/studio/curvePicture.ts';

const dataOf = (errors: readonly number[], marks: CurveData['marks'] = []): CurveData => ({
  points: errors.map((error, i) => ({ x: 1e6 * 2 ** i, error })),
  marks,
  formatX: formatBytes,
  titleX: 'size of the file',
  height: 240,
});
const texts = (data: CurveData) =>
  curvePicture(data, 600).marks.flatMap(mark => (mark.kind === 'text' ? [mark.text] : []));

describe('the curve', () => {
  it('falls by as much for every factor of error', () => {
    const scale = new CurveScale(dataOf([1, 0.1, 0.01]), 600);
    expect(scale.y(0.01) - scale.y(0.1)).toBeCloseTo(scale.y(0.1) - scale.y(1), 6);
    expect(scale.x(4e6) - scale.x(2e6)).toBeCloseTo(scale.x(2e6) - scale.x(1e6), 6);
    expect(scale.valueAt(scale.x(3e6))).toBeCloseTo(3e6, 0);
  });

  it('stays within the picture, whatever the errors', () => {
    for (const errors of [[1, 0.1, 0], [0, 0], [0.5], [12, 1e-9], []]) {
      const { marks } = curvePicture(dataOf(errors), 600);
      const points = marks.flatMap(mark => (mark.kind === 'line' ? mark.points : []));
      for (const [x, y] of points) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(600);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(240);
      }
    }
  });

  it('names powers of ten, and no more than have room', () => {
    expect(texts(dataOf([11.6, 0.5, 0.02]))).toEqual(expect.arrayContaining(['10', '1', '0.1']));
    const long = texts(dataOf([1, 1e-6])).filter(text => /^(1|0\.0*1|1e-\d)$/.test(text));
    expect(long).toEqual(['1', '0.01', '1e-4', '1e-6']);
  });

  it('has its marks in the table too', () => {
    const { rows } = curveTable(dataOf([1, 0.1], [{ label: 'TVQ INT2', x: 1.5e6 }]));
    expect(rows).toEqual([
      ['1.00 MB', '1.00'],
      ['2.00 MB', '0.100'],
      ['TVQ INT2: 1.50 MB', ''],
    ]);
  });
});
