/** Colours of a theme as numbers, so that they can be interpolated and drawings are self-contained. */

export type Rgb = readonly [red: number, green: number, blue: number];

const known = new Map<string, Rgb>();

/** Any CSS colour as sRGB, over black where it is translucent; black if it is not a colour. */
export function rgbOf(colour: string): Rgb {
  const before = known.get(colour);
  if (before) return before;
  const context = onePixel();
  context.fillStyle = '#000';
  context.fillRect(0, 0, 1, 1);
  context.fillStyle = colour || '#000';
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  const found: Rgb = [red, green, blue];
  known.set(colour, found);
  return found;
}

let pixel: CanvasRenderingContext2D | undefined;

function onePixel(): CanvasRenderingContext2D {
  if (pixel) return pixel;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser has no canvas');
  return (pixel = context);
}

/** Interpolates between two colours; `part` is from 0 to 1. */
export function mix(from: Rgb, to: Rgb, part: number): string {
  const channel = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * part);
  return `rgb(${channel(0)}, ${channel(1)}, ${channel(2)})`;
}

/** Black or white, whichever is easier to read on a colour (WCAG's relative luminance). */
export function textOn(background: string): string {
  const [red, green, blue] = rgbOf(background).map(channel => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
}
