import * as l10n from '@vscode/l10n';
import type { MergeParameter, ParameterScalar } from '../../../extension/protocol/recipes.ts';
import { formatValue, parseValue, suggestText } from '../../../extension/shared/mergeParameters.ts';
import { el, setText } from '../../common/dom.ts';
import { translated } from '../../common/translated.ts';
import { createIconButton } from '../../common/ui/toolkit.ts';
import { describeDefault, describeFault, type FieldValue } from './formModel.ts';

/** Longer than any value; a gradient has at most one number per layer. */
const MAX_TEXT = 400;

/** The line below a field that says why its text is not a value, and what was probably meant. */
export class FaultLine {
  readonly element = el('p', { class: 'field-fault', attributes: { role: 'alert' } });

  constructor(private readonly onSuggestion: (text: string) => void) {
    this.element.hidden = true;
  }

  show(message: string | undefined, suggestion?: string): void {
    this.element.hidden = message === undefined;
    setText(this.element, message ?? '');
    if (suggestion === undefined) return;
    const text = l10n.t('Use {0}', suggestion);
    const button = el('button', { class: 'link', text, attributes: { type: 'button' } });
    button.addEventListener('click', () => this.onSuggestion(suggestion));
    this.element.append(' ', button);
  }
}

/** A text field for numbers of a parameter: it yields values, or marks itself as invalid. */
export class NumberField {
  readonly input = el('input', {
    class: 'text-field',
    attributes: { type: 'text', inputmode: 'decimal', autocomplete: 'off', spellcheck: 'false' },
  });
  readonly fault: FaultLine;
  #isWrong = false;

  constructor(
    private readonly parameter: MergeParameter,
    private readonly onValue: (value: ParameterScalar | undefined) => void,
  ) {
    this.input.maxLength = MAX_TEXT;
    this.input.addEventListener('input', () => this.#typed());
    this.fault = new FaultLine(text => {
      this.input.value = text;
      this.#typed();
      this.input.focus();
    });
  }

  /** Whether it holds an invalid value. */
  get isWrong(): boolean {
    return this.#isWrong;
  }

  /** Shows a value, unless the user is typing here. */
  show({ text, placeholder }: Pick<FieldValue, 'text' | 'placeholder'>): void {
    this.input.placeholder = placeholder;
    if (document.activeElement === this.input) return;
    this.input.value = text;
    this.#judge(undefined);
  }

  #typed(): void {
    const parsed = parseValue(this.parameter, this.input.value);
    if ('fault' in parsed) {
      this.#judge(describeFault(parsed.fault), suggestText(this.parameter, this.input.value));
    } else this.#judge(undefined);
    this.onValue('fault' in parsed ? undefined : parsed.value);
  }

  #judge(fault: string | undefined, suggestion?: string): void {
    this.#isWrong = fault !== undefined;
    this.input.setAttribute('aria-invalid', String(this.#isWrong));
    this.fault.show(fault, suggestion);
  }
}

let fields = 0;

/** A parameter with its meaning, its default, a mark if it was changed, and a way to reset it. */
export class ParameterField {
  readonly element: HTMLElement;
  readonly #control: HTMLInputElement | HTMLSelectElement;
  readonly #number: NumberField | undefined;
  readonly #reset;

  /** `onValue` gets undefined for the default. */
  constructor(
    readonly parameter: MergeParameter,
    private readonly onValue: (value: ParameterScalar | undefined) => void,
  ) {
    const { name, meaning, type } = parameter;
    const id = `merge-parameter-${++fields}`;
    if (type === 'number' || type === 'integer') this.#number = new NumberField(parameter, onValue);
    this.#control = this.#number?.input ?? this.#picker();
    this.#control.id = id;
    this.#control.setAttribute('aria-describedby', `${id}-meaning`);
    const reset = l10n.t('Reset {0} to {1}', name, formatValue(parameter.default));
    this.#reset = createIconButton({ icon: 'discard', label: reset, onClick: () => this.#toDefault() });
    const mark = el('span', { class: 'changed-mark', text: l10n.t('changed') });
    this.element = el(
      'div',
      { class: 'parameter', testid: `merge-parameter-${name}` },
      el('label', { class: 'parameter-name', text: name, attributes: { for: id } }),
      mark,
      this.#reset.element,
      el('div', { class: 'parameter-control' }, this.#control),
      ...(this.#number === undefined ? [] : [this.#number.fault.element]),
      el('p', {
        class: 'parameter-meaning quiet',
        text: `${translated(meaning)} ${describeDefault(parameter)}`,
        attributes: { id: `${id}-meaning` },
      }),
    );
  }

  get isWrong(): boolean {
    return this.#number?.isWrong ?? false;
  }

  show(value: FieldValue): void {
    this.element.classList.toggle('changed', value.changed);
    if (this.#number !== undefined) return this.#number.show(value);
    if (this.#control instanceof HTMLInputElement) this.#control.checked = value.text === 'true';
    else this.#control.value = value.text;
  }

  #toDefault(): void {
    this.onValue(undefined);
    // The button is gone now.
    this.#control.focus();
  }

  #picker(): HTMLInputElement | HTMLSelectElement {
    const { type, choices = [] } = this.parameter;
    if (type === 'boolean') {
      const box = el('input', { class: 'check-box', attributes: { type: 'checkbox' } });
      box.addEventListener('change', () => this.onValue(box.checked));
      return box;
    }
    const select = el(
      'select',
      { class: 'select' },
      ...choices.map(choice => el('option', { text: choice, attributes: { value: choice } })),
    );
    select.addEventListener('change', () => this.onValue(select.value));
    return select;
  }
}
