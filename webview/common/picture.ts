/** Drawings of a few shapes, on the page, as an SVG file and as a PNG: the same picture each time. */
import { canvasFill, type SeriesStyle } from './seriesStyle.ts';
import { isHighContrast, token } from './theme.ts';

type Token = `--vscode-${string}`;
export type Point = readonly [x: number, y: number];

export type Shape =
  | {
      readonly kind: 'rect';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly style: SeriesStyle;
      /** How much of the colour is over the background, 0 to 1; all of it when left out. */
      readonly strength?: number;
    }
  | {
      readonly kind: 'line';
      readonly points: readonly Point[];
      readonly token: Token;
      readonly width: number;
      readonly dashed?: boolean;
    }
  | { readonly kind: 'dot'; readonly x: number; readonly y: number; readonly token: Token }
  | {
      readonly kind: 'text';
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly token: Token;
    };

/** In CSS pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

const SVG = 'http://www.w3.org/2000/svg';
const DOT = 5;
const FONT_SIZE = 12;
/** PNGs are made for screens of twice the density. */
const DENSITY = 2;

/** Draws into an element of the page; colours follow the theme by themselves. */
export function drawPicture(svg: SVGSVGElement, picture: Picture): void {
  fill(svg, picture, name => `var(${name})`);
}

/** A file of its own: with the colours of the theme as it is now, and its background. */
export function svgFile(picture: Picture): string {
  const svg = document.createElementNS(SVG, 'svg');
  const background: Shape = {
    kind: 'rect',
    x: 0,
    y: 0,
    width: picture.width,
    height: picture.height,
    style: { token: '--vscode-editor-background', pattern: 'solid' },
  };
  fill(svg, { ...picture, shapes: [background, ...picture.shapes] }, token);
  svg.setAttribute('font-family', token('--vscode-font-family') || 'sans-serif');
  return new XMLSerializer().serializeToString(svg);
}

/** @throws when the browser cannot make a picture of this size */
export async function pngFile(picture: Picture): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = picture.width * DENSITY;
  canvas.height = picture.height * DENSITY;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('The browser gave no canvas.');
  context.scale(DENSITY, DENSITY);
  context.fillStyle = token('--vscode-editor-background') || '#ffffff';
  context.fillRect(0, 0, picture.width, picture.height);
  context.font = `${FONT_SIZE}px ${token('--vscode-font-family') || 'sans-serif'}`;
  for (const shape of picture.shapes) paint(context, shape);
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('The picture is too large.'))));
  });
}

function fill(svg: SVGSVGElement, { width, height, shapes }: Picture, colour: (name: Token) => string): void {
  const patterns = new Map<string, SVGElement>();
  const nodes = shapes.map(shape => nodeOf(shape, colour, patterns));
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('width', String(width));
  svg.setAttribute('height', String(height));
  svg.replaceChildren(...patterns.values(), ...nodes);
}

function nodeOf(
  shape: Shape,
  colour: (name: Token) => string,
  patterns: Map<string, SVGElement>,
): SVGElement {
  switch (shape.kind) {
    case 'rect': {
      const { x, y, width, height, style, strength = 1 } = shape;
      const full = colour(style.token);
      const isPatterned = isHighContrast() && style.pattern !== 'solid';
      const outline = isHighContrast() && style.token !== '--vscode-editor-background';
      return node('rect', {
        x,
        y,
        width,
        height,
        fill: isPatterned ? patternFill(style, full, patterns) : full,
        'fill-opacity': strength,
        ...(outline ? { stroke: full, 'stroke-width': 1 } : {}),
      });
    }
    case 'line':
      return node('polyline', {
        points: shape.points.map(([x, y]) => `${round(x)},${round(y)}`).join(' '),
        fill: 'none',
        stroke: colour(shape.token),
        'stroke-width': shape.width,
        ...(shape.dashed ? { 'stroke-dasharray': '3 3' } : {}),
      });
    case 'dot':
      return node('circle', { cx: shape.x, cy: shape.y, r: DOT, fill: colour(shape.token) });
    case 'text': {
      const { x, y, anchor, text } = shape;
      const made = node('text', {
        x,
        y,
        'text-anchor': anchor,
        'font-size': FONT_SIZE,
        fill: colour(shape.token),
      });
      made.textContent = text;
      return made;
    }
  }
}

function patternFill(style: SeriesStyle, colour: string, patterns: Map<string, SVGElement>): string {
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

function paint(context: CanvasRenderingContext2D, shape: Shape): void {
  switch (shape.kind) {
    case 'rect': {
      const { x, y, width, height, style, strength = 1 } = shape;
      context.globalAlpha = strength;
      context.fillStyle = canvasFill(style);
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
      return;
    }
    case 'line':
      context.strokeStyle = token(shape.token);
      context.lineWidth = shape.width;
      context.setLineDash(shape.dashed ? [3, 3] : []);
      context.beginPath();
      shape.points.forEach(([x, y]) => context.lineTo(x, y));
      context.stroke();
      return;
    case 'dot':
      context.fillStyle = token(shape.token);
      context.beginPath();
      context.arc(shape.x, shape.y, DOT, 0, 2 * Math.PI);
      context.fill();
      return;
    case 'text':
      context.fillStyle = token(shape.token);
      context.textAlign = ({ start: 'left', middle: 'center', end: 'right' } as const)[shape.anchor];
      context.fillText(shape.text, shape.x, shape.y);
  }
}

function node(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes))
    made.setAttribute(key, typeof value === 'number' ? String(round(value)) : value);
  return made;
}

/** A hundredth of a pixel is never seen. */
const round = (value: number): number => Math.round(value * 100) / 100;
