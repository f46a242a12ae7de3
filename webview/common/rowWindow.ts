/**
 * Browsers clamp the height of an element (Chromium at 33,554,428 px, Firefox at 17,895,697 px). Taller tables scroll
 * at a scale: one pixel of the scroll bar stands for more than one pixel of rows.
 */
export const MAX_SCROLL_HEIGHT = 8_000_000;

/** The visible part of a table whose rows all have the same height; lengths in CSS pixels. */
export interface Viewport {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly total: number;
}

/** The rows to keep in the document. */
export interface RowWindow {
  readonly first: number;
  readonly count: number;
  /** Where the first of them lies in the scrolled content. */
  readonly offset: number;
}

/** Height of the scrolled content. */
export const scrollHeight = ({ total, rowHeight }: Pick<Viewport, 'total' | 'rowHeight'>): number =>
  Math.min(total * rowHeight, MAX_SCROLL_HEIGHT);

/** Pixels of rows per pixel of scrolling; 1 unless the table is taller than MAX_SCROLL_HEIGHT. */
function scaleOf(view: Viewport): number {
  const range = scrollHeight(view) - view.height;
  return range > 0 ? (view.total * view.rowHeight - view.height) / range : 1;
}

/** Position of the view's upper edge, in pixels of rows; overscrolling (rubber bands) is clamped. */
function rowsTop(view: Viewport): number {
  const end = Math.max(0, view.total * view.rowHeight - view.height);
  return Math.min(Math.max(0, view.scrollTop * scaleOf(view)), end);
}

/** The topmost row in view plus the fraction of it that is scrolled away, to be restored later. */
export const topRow = (view: Viewport): number => (view.rowHeight > 0 ? rowsTop(view) / view.rowHeight : 0);

/** The scroll position at which `row` (with a fraction) is topmost. */
export function scrollTopOf(row: number, view: Viewport): number {
  const end = Math.max(0, view.total * view.rowHeight - view.height);
  return Math.min(Math.max(0, row * view.rowHeight), end) / scaleOf(view);
}

/** The scroll position nearest to the current one at which `row` is wholly in view. */
export function scrollTopToReveal(row: number, view: Viewport): number {
  const top = rowsTop(view);
  const start = row * view.rowHeight;
  const end = start + view.rowHeight;
  if (start < top) return scrollTopOf(row, view);
  if (end > top + view.height) return scrollTopOf((end - view.height) / view.rowHeight, view);
  return view.scrollTop;
}

/** Number of rows that fit in the view, at least one: how far PageDown goes. */
export const rowsInView = (view: Pick<Viewport, 'height' | 'rowHeight'>): number =>
  Math.max(1, Math.floor(view.height / view.rowHeight));

/** The rows in view and `overscan` more on each side, so that scrolling a little never shows a gap. */
export function computeWindow(view: Viewport, overscan: number): RowWindow {
  if (view.total === 0 || view.height <= 0 || view.rowHeight <= 0) return { first: 0, count: 0, offset: 0 };
  const top = rowsTop(view);
  const first = Math.max(0, Math.floor(top / view.rowHeight) - overscan);
  const end = Math.min(view.total, Math.ceil((top + view.height) / view.rowHeight) + overscan);
  // Rows are placed relative to the scroll position, so that the scale does not pull them apart.
  const scrolled = Math.min(Math.max(0, view.scrollTop), Math.max(0, scrollHeight(view) - view.height));
  return { first, count: end - first, offset: first * view.rowHeight - top + scrolled };
}
