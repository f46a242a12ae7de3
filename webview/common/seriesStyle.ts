import { isHighContrast, token } from './theme.ts';

/** How one series of data looks everywhere: a colour, and in high contrast a pattern too, as hue is not enough. */
export interface SeriesStyle {
  readonly token: `--vscode-${string}`;
  readonly pattern: Pattern;
}

export type Pattern = 'solid' | 'stripes' | 'dots' | 'hollow';

const TILE = 6;

/** Gives an element, such as a legend's swatch, the style: `.series` in chartFrame.css does the rest. */
export function applySeries(element: HTMLElement, style: SeriesStyle): void {
  element.classList.add('series', `pattern-${style.pattern}`);
  element.style.setProperty('--series', `var(${style.token})`);
}

/** The same style as a canvas fill, from the current theme. */
export function canvasFill(style: SeriesStyle): string | CanvasPattern {
  const colour = token(style.token);
  if (!isHighContrast() || style.pattern === 'solid') return colour;
  const tile = document.createElement('canvas');
  tile.width = TILE;
  tile.height = TILE;
  const context = tile.getContext('2d');
  if (context === null) return colour;
  context.fillStyle = token('--vscode-editor-background');
  context.fillRect(0, 0, TILE, TILE);
  context.fillStyle = context.strokeStyle = colour;
  if (style.pattern === 'dots') context.fillRect(1, 1, 3, 3);
  if (style.pattern === 'stripes') {
    context.lineWidth = 2;
    // Three strokes, so that the stripes are continuous across the tiles' corners.
    for (const shift of [-TILE, 0, TILE]) {
      context.moveTo(shift, TILE);
      context.lineTo(shift + TILE, 0);
    }
    context.stroke();
  }
  return context.createPattern(tile, 'repeat') ?? colour;
}
