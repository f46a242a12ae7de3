/** A merge's style in every chart and in the table's header: colour, dashes and the shape of its points. */
import { token } from '../../common/theme.ts';

export interface MergeStyle {
  readonly token: `--vscode-${string}`;
  readonly dash: readonly number[];
  readonly point: 'circle' | 'rect' | 'triangle' | 'rectRot' | 'cross' | 'star';
}

/** Six that differ in hue, and also in dashes and shape for those who do not see hue. */
const STYLES: readonly MergeStyle[] = [
  { token: '--vscode-charts-blue', dash: [], point: 'circle' },
  { token: '--vscode-charts-orange', dash: [6, 3], point: 'rect' },
  { token: '--vscode-charts-green', dash: [2, 2], point: 'triangle' },
  { token: '--vscode-charts-purple', dash: [8, 3, 2, 3], point: 'rectRot' },
  { token: '--vscode-charts-red', dash: [12, 4], point: 'cross' },
  { token: '--vscode-charts-yellow', dash: [1, 4], point: 'star' },
];

/** Styles of the shown merges: each has the style of its place in the list, unless another one already uses it. */
export function mergeStyles(places: readonly number[]): MergeStyle[] {
  const free = new Set(STYLES);
  return places.map(place => {
    const own = STYLES[place % STYLES.length];
    const style = own !== undefined && free.has(own) ? own : [...free][0];
    if (style === undefined) throw new Error(`there are ${STYLES.length} styles for ${places.length} merges`);
    free.delete(style);
    return style;
  });
}

export const colourOf = ({ token: name }: MergeStyle): string => token(name);

const SVG = 'http://www.w3.org/2000/svg';
const POINTS: Readonly<Record<MergeStyle['point'], string>> = {
  circle: 'M9 5a3 3 0 1 0 6 0a3 3 0 1 0 -6 0',
  rect: 'M9 2h6v6h-6z',
  triangle: 'M12 1.5l3.5 6.5h-7z',
  rectRot: 'M12 1l4 4l-4 4l-4 -4z',
  cross: 'M9 5h6M12 2v6',
  star: 'M9 5h6M12 2v6M10 3l4 4M14 3l-4 4',
};

/** A sample of the line, for legends; its colour follows the theme. */
export function lineSwatch({ token: name, dash, point }: MergeStyle): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'line-swatch');
  svg.setAttribute('viewBox', '0 0 24 10');
  svg.setAttribute('aria-hidden', 'true');
  svg.style.setProperty('--series', `var(${name})`);
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', 'M0 5h24');
  line.setAttribute('stroke-dasharray', dash.join(' '));
  const shape = document.createElementNS(SVG, 'path');
  shape.setAttribute('d', POINTS[point]);
  shape.setAttribute('class', 'line-point');
  svg.append(line, shape);
  return svg;
}
