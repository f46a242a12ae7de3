import { printable } from '../../extension/shared/printable.ts';
import { FONT_SIZE, colourNow, fontFamily, type Drawing, type Mark } from './drawing.ts';
import { canvasFill } from './seriesStyle.ts';
import { isHighContrast } from './theme.ts';

/** Pictures are made for screens of twice the density. */
const DENSITY = 2;
const ALIGN = { start: 'left', middle: 'center', end: 'right' } as const;

/** The font of drawings on a canvas. */
export const canvasFont = (): string => `${FONT_SIZE}px ${fontFamily()}`;

/** Draws onto a canvas, by default at the resolution of the current screen. */
export function paint(
  canvas: HTMLCanvasElement,
  { width, height, marks }: Drawing,
  density = window.devicePixelRatio || 1,
): void {
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(density, density);
  context.font = canvasFont();
  context.textBaseline = 'middle';
  for (const mark of marks) paintMark(context, mark);
}

/** A new canvas, to be saved as a picture. */
export function canvasOf(drawing: Drawing): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  paint(canvas, drawing, DENSITY);
  return canvas;
}

function paintMark(context: CanvasRenderingContext2D, mark: Mark): void {
  switch (mark.kind) {
    case 'rect': {
      const { x, y, width, height, fill } = mark;
      const isSeries = typeof fill !== 'string';
      context.fillStyle = isSeries ? canvasFill(fill) : colourNow(fill);
      context.fillRect(x, y, width, height);
      const stroke = isSeries && isHighContrast() ? fill.token : mark.stroke;
      if (stroke === undefined) return;
      context.strokeStyle = colourNow(stroke);
      context.lineWidth = 1;
      context.setLineDash([]);
      context.strokeRect(x + 0.5, y + 0.5, Math.max(0, width - 1), Math.max(0, height - 1));
      return;
    }
    case 'line':
      context.strokeStyle = colourNow(mark.stroke);
      context.lineWidth = mark.width;
      context.setLineDash([...(mark.dash ?? [])]);
      context.beginPath();
      mark.points.forEach(([x, y]) => context.lineTo(x, y));
      context.stroke();
      return;
    case 'text':
      context.fillStyle = colourNow(mark.fill);
      context.textAlign = ALIGN[mark.align];
      context.fillText(printable(mark.text), mark.x, mark.y);
  }
}
