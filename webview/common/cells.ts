import { el, setText } from './dom.ts';
import { NONE, splitBytes } from './format.ts';
import { splitName } from './names.ts';
import { TRUNCATE } from './truncationTip.ts';

/** The content of one table cell; it is made once and reused for one row after another. */
export interface CellView<Row> {
  readonly element: HTMLElement;
  show(row: Row): void;
}

/** Text that is truncated at its end. */
export function textCell<Row>(text: (row: Row) => string): CellView<Row> {
  const element = el('span', { class: TRUNCATE });
  return { element, show: row => setText(element, text(row)) };
}

/** A name that is truncated in the middle, in the editor's font. */
export function nameCell<Row>(name: (row: Row) => string): CellView<Row> {
  const element = el('span', { class: `name ${TRUNCATE}` });
  const head = element.appendChild(el('span', { class: 'name-head' }));
  const tail = element.appendChild(el('span'));
  return {
    element,
    show(row) {
      const parts = splitName(name(row));
      setText(head, parts.head);
      setText(tail, parts.tail);
      element.style.setProperty('--tail', String([...parts.tail].length));
    },
  };
}

/** Bytes with number and unit each in its own column, so that numbers of different units still line up. */
export function bytesCell<Row>(bytes: (row: Row) => number): CellView<Row> {
  const element = el('span', { class: 'bytes' });
  const number = el('span');
  const unit = el('span', { class: 'unit' });
  element.append(number, ' ', unit);
  return {
    element,
    show(row) {
      const parts = splitBytes(bytes(row));
      setText(number, parts.value);
      setText(unit, parts.unit);
    },
  };
}

/** A number, or a muted dash if there is none. */
export function numberCell<Row>(text: (row: Row) => string): CellView<Row> {
  const element = el('span');
  return {
    element,
    show(row) {
      setText(element, text(row));
      element.classList.toggle('absent', element.textContent === NONE);
    },
  };
}
