/** Error against size: the curve, the marks it is compared with, and the positions of its points. */
import * as l10n from '@vscode/l10n';
import type { RatePoint } from '../../extension/shared/allocation/index.ts';
import { formatBytes, formatError } from '../common/format.ts';
import type { Drawing, Mark, Point } from '../common/drawing.ts';

export interface CurveMark {
  readonly label: string;
  readonly x: number;
}

/** A curve between logarithmic axes: at high rates the error falls by a constant factor per bit, in a straight line. */
export interface CurveData {
  /** Rising in x. */
  readonly points: readonly { readonly x: number; readonly error: number }[];
  readonly marks: readonly CurveMark[];
  readonly formatX: (x: number) => string;
  readonly titleX: string;
  readonly height: number;
}

const LEFT = 48;
const RIGHT = 16;
const TOP = 36;
const BOTTOM = 34;
/** Labels of marks need this much room. */
const LABEL_WIDTH = 76;
/** The least factor that an axis of errors spans, and the most; smaller errors than that cannot be told apart. */
const LEAST_RANGE = 10;
const MOST_RANGE = 1e6;
const MOST_DECADES = 5;
const DASH = [3, 3];
const QUIET = '--vscode-descriptionForeground';

export const curvePoints = (points: readonly RatePoint[]): CurveData['points'] =>
  points.map(({ bytes, error }) => ({ x: bytes, error }));

/** Where values lie in a drawing of some width. */
export class CurveScale {
  readonly least: number;
  readonly most: number;
  readonly top: number;
  readonly bottom: number;

  constructor(
    private readonly data: CurveData,
    private readonly width: number,
  ) {
    const { points } = data;
    this.least = points[0]?.x ?? 1;
    this.most = Math.max(points.at(-1)?.x ?? 1, this.least * 1.0001);
    const errors = points.map(({ error }) => error).filter(error => error > 0);
    this.top = Math.max(...errors, 1e-12);
    this.bottom = Math.min(Math.max(Math.min(...errors, 1), this.top / MOST_RANGE), this.top / LEAST_RANGE);
  }

  x(value: number): number {
    const share = Math.log(value / this.least) / Math.log(this.most / this.least);
    return LEFT + Math.min(Math.max(share, 0), 1) * (this.width - LEFT - RIGHT);
  }

  y(error: number): number {
    const share = Math.log(this.top / Math.max(error, this.bottom)) / Math.log(this.top / this.bottom);
    return TOP + Math.max(share, 0) * (this.data.height - TOP - BOTTOM);
  }

  /** The value at a position. */
  valueAt(x: number): number {
    const share = (x - LEFT) / (this.width - LEFT - RIGHT);
    return this.least * (this.most / this.least) ** Math.min(Math.max(share, 0), 1);
  }
}

export function curvePicture(data: CurveData, width: number): Drawing {
  const { height, marks, points, formatX, titleX } = data;
  const scale = new CurveScale(data, width);
  const bottom = height - BOTTOM;
  const drawn: Mark[] = [];
  const text = (x: number, y: number, label: string, align: 'start' | 'middle' | 'end') =>
    drawn.push({ kind: 'text', x, y, text: label, align, fill: QUIET });
  const line = (from: Point, to: Point, dash: readonly number[] = []) =>
    drawn.push({ kind: 'line', points: [from, to], stroke: '--vscode-charts-lines', width: 1, dash });

  for (const error of decades(scale)) {
    const y = scale.y(error);
    line([LEFT, y], [width - RIGHT, y], DASH);
    text(LEFT - 8, y, error < 1e-3 ? error.toExponential() : String(error), 'end');
  }
  line([LEFT, bottom], [width - RIGHT, bottom]);
  const ticks = width > 560 ? 5 : 3;
  for (let i = 0; i < ticks; i++) {
    const value = scale.least * (scale.most / scale.least) ** (i / (ticks - 1));
    const anchor = i === 0 ? 'start' : i === ticks - 1 ? 'end' : 'middle';
    text(scale.x(value), bottom + 12, formatX(value), anchor);
  }
  text(width - RIGHT, height - 8, titleX, 'end');
  text(LEFT - 8, TOP - 16, l10n.t('error'), 'end');
  for (const { label, x, level } of placed(marks, scale)) {
    line([x, TOP], [x, bottom], DASH);
    if (level !== undefined) text(x, TOP - 10 - level * 14, label, 'middle');
  }
  drawn.push({
    kind: 'line',
    points: points.map(({ x, error }) => [scale.x(x), scale.y(error)] as const),
    stroke: '--vscode-charts-blue',
    width: 2,
  });
  return { width, height, marks: drawn };
}

/** Powers of ten in the range of errors, as many as fit. */
function decades({ top, bottom }: CurveScale): number[] {
  const [least, most] = [Math.ceil(Math.log10(bottom)), Math.floor(Math.log10(top))];
  const every = Math.ceil((most - least + 1) / MOST_DECADES);
  const powers = Array.from({ length: Math.max(most - least + 1, 0) }, (_, i) => most - i);
  return powers.filter((_, i) => i % every === 0).map(power => Number(`1e${power}`));
}

/** Marks in the range, their labels in two lines; one that fits in neither is left out (the table has it). */
function placed(marks: readonly CurveMark[], scale: CurveScale) {
  const ends = [LEFT, LEFT];
  return marks
    .filter(({ x }) => x >= scale.least && x <= scale.most)
    .sort((a, b) => a.x - b.x)
    .map(({ label, x: value }) => {
      const x = scale.x(value);
      const level = ends.findIndex(end => x - LABEL_WIDTH / 2 >= end);
      if (level < 0) return { label, x, level: undefined };
      ends[level] = x + LABEL_WIDTH / 2;
      return { label, x, level };
    });
}

/** The points as a table, with the marks at their positions. */
export function curveTable({ points, marks, formatX, titleX }: CurveData, rows = 24) {
  const every = Math.max(1, Math.floor(points.length / rows));
  const some = points.filter((_, i) => i % every === 0 || i === points.length - 1);
  return {
    columns: [titleX, l10n.t('error')],
    rows: [
      ...some.map(({ x, error }) => [formatX(x), formatError(error)]),
      ...marks.map(({ label, x }) => [`${label}: ${formatBytes(x)}`, '']),
    ],
  };
}
