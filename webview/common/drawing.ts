/** Drawings of a few marks, which look the same on the page, on a canvas and in a file. */
import type { SeriesStyle } from './seriesStyle.ts';
import { token } from './theme.ts';

/** A CSS colour, or the name of one of VS Code's tokens. */
export type Colour = string;

export type Point = readonly [x: number, y: number];

export type Mark =
  | {
      readonly kind: 'rect';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill: Colour | SeriesStyle;
      readonly stroke?: Colour;
      /** What it stands for, shown when it is pointed at. */
      readonly tip?: string;
    }
  | {
      readonly kind: 'line';
      readonly points: readonly Point[];
      readonly stroke: Colour;
      readonly width: number;
      /** Lengths of dashes and gaps; none: a solid line. */
      readonly dash?: readonly number[];
    }
  | {
      readonly kind: 'text';
      readonly x: number;
      /** Of the text's middle. */
      readonly y: number;
      readonly text: string;
      readonly align: 'start' | 'middle' | 'end';
      readonly fill: Colour;
    };

/** Lengths in CSS pixels. Later marks cover earlier ones. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
}

export const FONT_SIZE = 12;

/** The font that all drawings have. */
export const fontFamily = (): string => token('--vscode-font-family') || 'sans-serif';

export const isToken = (colour: Colour): colour is `--vscode-${string}` => colour.startsWith('--vscode-');

/** The colour in the current theme. */
export const colourNow = (colour: Colour): string => (isToken(colour) ? token(colour) : colour);

/** What the mark at a position stands for; undefined without a mark or without a tip. */
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
