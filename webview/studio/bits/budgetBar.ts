import * as l10n from '@vscode/l10n';
import { parseBudget, type Budget } from '../../../extension/shared/allocation/index.ts';
import { el, setText } from '../../common/dom.ts';
import {
  formatBitsPerWeight,
  formatBytes,
  formatError,
  formatPercent,
  splitBytes,
} from '../../common/format.ts';
import { ReadOut } from '../../common/readOut.ts';
import { bitsPerWeight } from '../model/budgetText.ts';
import type { MeasureWish } from '../model/measureWish.ts';
import type { StudioModel } from '../model/studioModel.ts';
import { faultText } from './faultText.ts';

const UNITS: readonly (readonly [Budget['kind'], string])[] = [
  ['bytes', l10n.t('size')],
  ['codes', l10n.t('bits per weight of codes')],
  ['bitsPerWeight', l10n.t('bits per weight of the file')],
  ['percent', l10n.t('percent of FP32')],
  ['error', l10n.t('target error')],
];

const MEASURES: readonly (readonly [MeasureWish, string])[] = [
  ['auto', l10n.t('automatic measure')],
  ['relative', l10n.t('each tensor alike')],
  ['energy', l10n.t('each weight alike')],
  ['depth', l10n.t('later layers more')],
];

const LIMITS = {
  smallest: l10n.t('No smaller file is possible with these rules.'),
  largest: l10n.t('No larger file would lose less.'),
} as const;

/** The numbers that result from a budget, and the fields that set it. */
export class BudgetBar {
  readonly element: HTMLElement;
  readonly #model: () => StudioModel;
  readonly #size = new ReadOut('tvq-size');
  readonly #share = new ReadOut('tvq-share');
  readonly #bits = new ReadOut('tvq-bits');
  readonly #error = new ReadOut('tvq-error');
  readonly #field = el('input', {
    class: 'field',
    testid: 'tvq-budget',
    attributes: {
      type: 'text',
      'aria-label': l10n.t('Budget: a size, bits per weight, a share of FP32 or a target error'),
      maxlength: '100',
      spellcheck: 'false',
    },
  });
  readonly #unit = select(l10n.t('Unit of the budget'), UNITS);
  readonly #measure = select(l10n.t('How the budget weighs errors'), MEASURES);
  readonly #fault = el('p', { attributes: { role: 'alert' } });

  constructor(model: () => StudioModel) {
    this.#model = model;
    const figures = el(
      'div',
      { class: 'read-outs numbers', attributes: { 'aria-label': l10n.t('Prediction'), role: 'group' } },
      ...[this.#size, this.#share, this.#bits, this.#error].map(({ element }) => element),
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
    const { fp32Bytes } = allocation.table;
    this.#size.show({ ...splitBytes(spent.bytes), caption: l10n.t('of the file, to the byte') });
    this.#share.show({
      value: formatPercent(spent.bytes, fp32Bytes),
      unit: l10n.t('of FP32'),
      caption: l10n.t('{0} uncompressed', formatBytes(fp32Bytes)),
    });
    this.#bits.show({
      value: formatBitsPerWeight(bitsPerWeight(budget.kind, spent.bytes, allocation.table)),
      unit: 'bpw',
      caption:
        budget.kind === 'codes' ? l10n.t('codes over all weights') : l10n.t('all bytes over all weights'),
    });
    this.#error.show({
      value: `≈ ${formatError(spent.error)}`,
      unit: l10n.t('error'),
      caption: l10n.t('of the task vectors, squared'),
    });
    this.#unit.value = budget.kind;
    this.#measure.value = spending.measure;
    // Not while someone is typing in it.
    if (document.activeElement !== this.#field) {
      this.#field.value = spending.budget;
      this.#tellLimit();
    }
  }

  #typed(): void {
    const budget = this.#field.value;
    try {
      parseBudget(budget);
      this.#model().change({ budget: budget.trim() }, 'typing');
      this.#tellLimit();
    } catch (error) {
      this.#tell(faultText(error), 'fault');
    }
  }

  #tellLimit(): void {
    const { limit } = this.#model().spent;
    this.#tell(limit && LIMITS[limit], 'quiet');
  }

  #tell(why: string | undefined, look: 'fault' | 'quiet'): void {
    setText(this.#fault, why ?? '');
    this.#fault.className = `budget-note ${look}`;
    this.#fault.hidden = why === undefined;
  }
}

function select(label: string, options: readonly (readonly [string, string])[]): HTMLSelectElement {
  const made = options.map(([value, text]) => el('option', { text, attributes: { value } }));
  return el('select', { class: 'field', attributes: { 'aria-label': label } }, ...made);
}
