import { parseBudget, type Budget } from '../../../extension/shared/allocation/index.ts';
import { el } from '../../common/dom.ts';
import {
  formatBitsPerWeight,
  formatBytes,
  formatError,
  formatPercent,
  splitBytes,
} from '../../common/format.ts';
import { errorMessage } from '../../common/rpc.ts';
import type { MeasureWish } from '../model/spending.ts';
import type { StudioModel } from '../model/studioModel.ts';

const UNITS: readonly (readonly [Budget['kind'], string])[] = [
  ['bytes', 'size'],
  ['bitsPerWeight', 'bits per weight'],
  ['percent', 'percent of FP32'],
  ['error', 'target error'],
];

const MEASURES: readonly (readonly [MeasureWish, string])[] = [
  ['auto', 'automatic measure'],
  ['relative', 'each tensor alike'],
  ['energy', 'each weight alike'],
  ['depth', 'later layers more'],
];

const LIMITS = {
  smallest: 'No smaller file is possible with these rules.',
  largest: 'No larger file would lose less.',
} as const;

/** The numbers that a budget comes to, and the fields that set it. */
export class BudgetBar {
  readonly element: HTMLElement;
  readonly #model: () => StudioModel;
  readonly #read = new Map<string, { readonly value: HTMLElement; readonly unit: HTMLElement }>();
  readonly #captions = new Map<string, HTMLElement>();
  readonly #field = el('input', {
    class: 'field',
    testid: 'tvq-budget',
    attributes: {
      type: 'text',
      'aria-label': 'Budget: a size, bits per weight, a share of FP32 or a target error',
      maxlength: '100',
      spellcheck: 'false',
    },
  });
  readonly #unit = select('Unit of the budget', UNITS);
  readonly #measure = select('What the budget is spent by', MEASURES);
  readonly #fault = el('p', { attributes: { role: 'alert' } });

  constructor(model: () => StudioModel) {
    this.#model = model;
    const figures = el(
      'div',
      { class: 'read-outs numbers', attributes: { 'aria-label': 'Prediction', role: 'group' } },
      this.#readOut('size', 'of the file, to the byte'),
      this.#readOut('share', ''),
      this.#readOut('bits', 'all bytes over all weights'),
      this.#readOut('error', 'of the task vectors, squared'),
    );
    const fields = el('div', { class: 'budget-fields' }, this.#field, this.#unit, this.#measure);
    this.#field.addEventListener('input', () => this.#typed());
    this.#field.addEventListener('blur', () => this.show());
    this.#unit.addEventListener('change', () => {
      model().setUnit(this.#unit.value as Budget['kind']);
      this.#field.value = model().spending.budget;
      this.#tellLimit();
    });
    this.#measure.addEventListener('change', () =>
      model().change({ measure: this.#measure.value as MeasureWish }),
    );
    this.#fault.hidden = true;
    this.element = el('section', { class: 'budget-bar' }, figures, fields, this.#fault);
  }

  show(): void {
    const { spent, spending, budget, allocation } = this.#model();
    const { weights, fp32Bytes } = allocation.table;
    const size = splitBytes(spent.bytes);
    this.#set('size', size.value, size.unit);
    this.#set('share', formatPercent(spent.bytes, fp32Bytes), 'of FP32');
    this.#captions.get('share')?.replaceChildren(`${formatBytes(fp32Bytes)} uncompressed`);
    this.#set('bits', formatBitsPerWeight((8 * spent.bytes) / weights), 'bpw');
    this.#set('error', `≈ ${formatError(spent.error)}`, 'error');
    this.#unit.value = budget.kind;
    this.#measure.value = spending.measure;
    // Not under the fingers of who is typing.
    if (document.activeElement !== this.#field) {
      this.#field.value = spending.budget;
      this.#tellLimit();
    }
  }

  #readOut(key: string, caption: string): HTMLElement {
    const value = el('strong');
    const below = el('span', { class: 'quiet', text: caption });
    this.#captions.set(key, below);
    const unit = el('span', { class: 'quiet' });
    this.#read.set(key, { value, unit });
    return el(
      'div',
      { class: 'read-out' },
      el('span', { class: 'read-out-value', testid: `tvq-${key}` }, value, ' ', unit),
      below,
    );
  }

  #set(key: string, value: string, unit: string): void {
    const shown = this.#read.get(key);
    if (shown === undefined) return;
    shown.value.textContent = value;
    shown.unit.textContent = unit;
  }

  #typed(): void {
    const budget = this.#field.value;
    try {
      parseBudget(budget);
      this.#model().change({ budget: budget.trim() }, 'typing');
      this.#tellLimit();
    } catch (error) {
      this.#tell(errorMessage(error), 'fault');
    }
  }

  #tellLimit(): void {
    const { limit } = this.#model().spent;
    this.#tell(limit && LIMITS[limit], 'quiet');
  }

  #tell(why: string | undefined, look: 'fault' | 'quiet'): void {
    this.#fault.textContent = why ?? '';
    this.#fault.className = `budget-note ${look}`;
    this.#fault.hidden = why === undefined;
  }
}

function select(label: string, options: readonly (readonly [string, string])[]): HTMLSelectElement {
  const made = options.map(([value, text]) => el('option', { text, attributes: { value } }));
  return el('select', { class: 'field', attributes: { 'aria-label': label } }, ...made);
}
