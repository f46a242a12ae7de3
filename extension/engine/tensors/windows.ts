import { CHUNK_ALIGNMENT } from '../../../kernels/memory.ts';
import { SPAN_ELEMENTS, type Span } from './tensorInput.ts';

/**
 * A part of a tensor that is merged at once: elements [first + skip, first + count). `first` is where decoding can
 * begin (a multiple of CHUNK_ALIGNMENT), the `skip` elements before the stretch are decoded and then dropped.
 */
export interface Window {
  readonly first: number;
  readonly skip: number;
  readonly count: number;
}

/** A span of a tensor in memory, and its windows with `first` counted from the span's beginning. */
export interface WindowedSpan {
  readonly span: Span;
  readonly windows: readonly Window[];
}

/** Whether a row is too long for a window, so that windows end anywhere. */
export const isLongRow = (rowLength: number, chunk: number): boolean => rowLength > chunk - CHUNK_ALIGNMENT;

/**
 * Cuts [0, count) into pieces of at most `limit` elements (slack for alignment included) that end at whole rows; a row
 * that is longer makes a longer piece.
 */
function cut(count: number, rowLength: number, limit: number): Window[] {
  const rows = Math.max(1, Math.floor((limit - CHUNK_ALIGNMENT) / rowLength));
  const step = rowLength === 1 ? limit : rows * rowLength;
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => {
    const begin = i * step;
    const first = begin - (begin % CHUNK_ALIGNMENT);
    return { first, skip: begin - first, count: Math.min(begin + step, count) - first };
  });
}

/**
 * Spans and windows of a tensor.
 * @param rowLength values that must stay together, in one window if they fit; 1 if any cut will do
 * @param resident whether the tensor is in memory as a whole
 */
export function windowsOf(
  count: number,
  rowLength: number,
  chunk: number,
  resident: boolean,
): WindowedSpan[] {
  const spans = resident ? [{ first: 0, skip: 0, count }] : cut(count, rowLength, SPAN_ELEMENTS);
  return spans.map(({ first, skip, count: length }) => ({
    span: { first, count: length },
    // The skipped values before a span's first row are added to a window.
    windows: (isLongRow(rowLength, chunk)
      ? cut(length - skip, 1, chunk - CHUNK_ALIGNMENT)
      : cut(length - skip, rowLength, chunk)
    ).map(window => shift(window, skip)),
  }));
}

/** Moves a window `by` elements on, keeping its beginning aligned. */
function shift({ first, skip, count }: Window, by: number): Window {
  const begin = first + skip + by;
  const aligned = begin - (begin % CHUNK_ALIGNMENT);
  return { first: aligned, skip: begin - aligned, count: first + count + by - aligned };
}

/** Elements to make room for: the longest span, and the longest window including what decoding may add (decoders work in
 * blocks, and a window may end within one). */
export function longest(spans: readonly WindowedSpan[]): { span: number; window: number } {
  const window = Math.max(...spans.flatMap(({ windows }) => windows.map(({ count }) => count)));
  return {
    span: Math.max(...spans.map(({ span }) => span.count)),
    window: Math.ceil(window / CHUNK_ALIGNMENT) * CHUNK_ALIGNMENT,
  };
}
