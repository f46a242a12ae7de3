import {
  FONT_SIZE,
  colourNow,
  fontFamily,
  isToken,
  type Colour,
  type Drawing,
  type Mark,
} from './drawing.ts';
import type { SeriesStyle } from './seriesStyle.ts';
import { setText } from './dom.ts';
import { isHighContrast } from './theme.ts';

const SVG = 'http://www.w3.org/2000/svg';

type Resolve = (colour: Colour) => string;

/** Draws into an element of the page; colours follow the theme automatically. */
export function drawSvg(svg: SVGSVGElement, drawing: Drawing): void {
  fill(svg, drawing, colour => (isToken(colour) ? `var(${colour})` : colour));
}

/** A standalone file in the colours of the current theme, on its background. */
export function svgFile(drawing: Drawing, title: string): string {
  const { width, height, marks } = drawing;
  const svg = document.createElementNS(SVG, 'svg');
  const ground = { kind: 'rect', x: 0, y: 0, width, height, fill: '--vscode-editor-background' } as const;
  fill(svg, { ...drawing, marks: [ground, ...marks] }, colourNow);
  svg.setAttribute('font-family', fontFamily());
  svg.prepend(textNode('title', title));
  return `${new XMLSerializer().serializeToString(svg)}\n`;
}

function fill(svg: SVGSVGElement, { width, height, marks }: Drawing, resolve: Resolve): void {
  const patterns = new Map<string, SVGElement>();
  const nodes = marks.map(mark => nodeOf(mark, resolve, patterns));
  svg.setAttribute('viewBox', `0 0 ${round(width)} ${round(height)}`);
  svg.setAttribute('width', String(round(width)));
  svg.setAttribute('height', String(round(height)));
  svg.setAttribute('font-size', String(FONT_SIZE));
  svg.replaceChildren(...patterns.values(), ...nodes);
}

function nodeOf(mark: Mark, resolve: Resolve, patterns: Map<string, SVGElement>): SVGElement {
  switch (mark.kind) {
    case 'rect': {
      const { x, y, width, height, tip } = mark;
      const made = node('rect', { x, y, width, height, ...look(mark, resolve, patterns) });
      if (tip !== undefined) made.append(textNode('title', tip));
      return made;
    }
    case 'line':
      return node('polyline', {
        points: mark.points.map(([x, y]) => `${round(x)},${round(y)}`).join(' '),
        fill: 'none',
        stroke: resolve(mark.stroke),
        'stroke-width': mark.width,
        ...(mark.dash && mark.dash.length > 0 ? { 'stroke-dasharray': mark.dash.join(' ') } : {}),
      });
    case 'text':
      return textNode('text', mark.text, {
        x: mark.x,
        y: mark.y,
        'text-anchor': mark.align,
        'dominant-baseline': 'central',
        fill: resolve(mark.fill),
      });
  }
}

/** In high contrast, series get their pattern and an outline. */
function look(
  { fill: filling, stroke }: Extract<Mark, { kind: 'rect' }>,
  resolve: Resolve,
  patterns: Map<string, SVGElement>,
) {
  if (typeof filling === 'string')
    return { fill: resolve(filling), ...(stroke === undefined ? {} : { stroke: resolve(stroke) }) };
  const colour = resolve(filling.token);
  if (!isHighContrast()) return { fill: colour };
  return { fill: patternFill(filling, colour, patterns), stroke: colour };
}

function patternFill(style: SeriesStyle, colour: string, patterns: Map<string, SVGElement>): string {
  if (style.pattern === 'solid') return colour;
  if (style.pattern === 'hollow') return 'none';
  const id = `pattern-${style.token.replace(/\W/g, '')}-${style.pattern}`;
  if (!patterns.has(id)) {
    const pattern = node('pattern', { id, width: 6, height: 6, patternUnits: 'userSpaceOnUse' });
    pattern.append(
      style.pattern === 'dots'
        ? node('rect', { x: 1, y: 1, width: 3, height: 3, fill: colour })
        : node('path', { d: 'M-1 1L1 -1M0 6L6 0M5 7L7 5', stroke: colour, 'stroke-width': 2 }),
    );
    patterns.set(id, pattern);
  }
  return `url(#${id})`;
}

type Attributes = Readonly<Record<string, string | number>>;

function node(name: string, attributes: Attributes): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes))
    made.setAttribute(key, typeof value === 'number' ? String(round(value)) : value);
  return made;
}

function textNode(name: string, text: string, attributes: Attributes = {}): SVGElement {
  const made = node(name, attributes);
  setText(made, text);
  return made;
}

/** A hundredth of a pixel is never seen. */
const round = (value: number): number => Math.round(value * 100) / 100;
