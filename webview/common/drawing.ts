/** Drawings of a few marks, on a canvas to be looked at and as SVG to be kept: what both need, and nothing more. */

export type Mark =
  | {
      readonly kind: 'rect';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill: string;
      readonly stroke?: string;
      /** What it stands for, shown where it is pointed at. */
      readonly tip?: string;
    }
  | {
      readonly kind: 'text';
      readonly x: number;
      /** Of the text's middle. */
      readonly y: number;
      readonly text: string;
      readonly align: 'start' | 'middle' | 'end';
      readonly fill: string;
    };

/** Lengths in CSS pixels, colours as CSS. Later marks lie on earlier ones. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly font: { readonly family: string; readonly size: number };
  readonly marks: readonly Mark[];
}

const CANVAS_ALIGN = { start: 'left', middle: 'center', end: 'right' } as const;

/** Draws onto a canvas, sharp on any screen. */
export function paint(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const { width, height, font, marks } = drawing;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(scale, scale);
  context.font = `${font.size}px ${font.family}`;
  context.textBaseline = 'middle';
  for (const mark of marks) {
    context.fillStyle = mark.fill;
    if (mark.kind === 'text') {
      context.textAlign = CANVAS_ALIGN[mark.align];
      context.fillText(mark.text, mark.x, mark.y);
      continue;
    }
    context.fillRect(mark.x, mark.y, mark.width, mark.height);
    if (mark.stroke === undefined) continue;
    context.strokeStyle = mark.stroke;
    context.strokeRect(mark.x + 0.5, mark.y + 0.5, Math.max(0, mark.width - 1), Math.max(0, mark.height - 1));
  }
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
// Characters that XML 1.0 does not have, whatever a name in a file may say.
// eslint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
const escape = (text: string): string =>
  text.replace(NOT_XML, '\uFFFD').replace(/[&<>"']/g, character => ENTITIES[character] ?? '');

const number = (value: number): string => String(Math.round(value * 100) / 100);

/** The drawing as an SVG file, on a ground of its own. */
export function toSvg({ width, height, font, marks }: Drawing, background: string, title: string): string {
  const size = `width="${number(width)}" height="${number(height)}"`;
  const lines = marks.map(mark => {
    const at = `x="${number(mark.x)}" y="${number(mark.y)}" fill="${escape(mark.fill)}"`;
    if (mark.kind === 'text') {
      return `<text ${at} text-anchor="${mark.align}" dominant-baseline="central">${escape(mark.text)}</text>`;
    }
    const stroke = mark.stroke === undefined ? '' : ` stroke="${escape(mark.stroke)}"`;
    const tip = mark.tip === undefined ? '' : `<title>${escape(mark.tip)}</title>`;
    const extent = `width="${number(mark.width)}" height="${number(mark.height)}"`;
    return `<rect ${at} ${extent}${stroke}>${tip}</rect>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${number(width)} ${number(height)}" font-family="${escape(font.family)}" font-size="${font.size}">`,
    `<title>${escape(title)}</title>`,
    `<rect ${size} fill="${escape(background)}"/>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

/** What the mark at a place stands for; undefined where there is none, or nothing to say. */
export function tipAt({ marks }: Drawing, x: number, y: number): string | undefined {
  const hit = marks.findLast(
    mark =>
      mark.kind === 'rect' &&
      mark.tip !== undefined &&
      x >= mark.x &&
      x < mark.x + mark.width &&
      y >= mark.y &&
      y < mark.y + mark.height,
  );
  return hit?.kind === 'rect' ? hit.tip : undefined;
}
