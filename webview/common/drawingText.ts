/** How much room text takes in a drawing. */
import { printable } from '../../extension/shared/printable.ts';
import { canvasFont } from './drawingCanvas.ts';

let ruler: CanvasRenderingContext2D | null | undefined;

function widthOf(text: string): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (!ruler) return 0;
  ruler.font = canvasFont();
  return ruler.measureText(printable(text)).width;
}

/** Width of the longest, in pixels. */
export const longest = (texts: readonly string[]): number =>
  Math.max(0, ...texts.map(text => Math.ceil(widthOf(text))));

/** A name, truncated at its end to fit the room. */
export function fit(name: string, room: number): string {
  const text = printable(name);
  if (widthOf(text) <= room) return text;
  let cut = [...text];
  while (cut.length > 0 && widthOf(`${cut.join('')}…`) > room) cut = cut.slice(0, -1);
  return cut.length > 0 ? `${cut.join('')}…` : '';
}
