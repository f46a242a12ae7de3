import './select.css';
import { el } from './dom.ts';

export interface SelectOptions<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few choices, with a label for screen readers only. */
export function createSelect<Value extends string>(options: SelectOptions<Value>): HTMLSelectElement {
  const select = el('select', { class: 'select', attributes: { 'aria-label': options.label } });
  for (const { value, label } of options.options) {
    select.append(el('option', { text: label, attributes: { value } }));
  }
  select.value = options.value;
  select.addEventListener('change', () => options.onChange(select.value as Value));
  return select;
}
