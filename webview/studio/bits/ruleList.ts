import * as l10n from '@vscode/l10n';
import { el, setText } from '../../common/dom.ts';
import { createButton, createIconButton } from '../../common/ui/toolkit.ts';
import { describeWish, MAX_RULES, withWish } from '../model/rules.ts';
import type { StudioModel } from '../model/studioModel.ts';
import { faultText } from './faultText.ts';
import { openPinMenu } from './pinMenu.ts';

/** Maximum number of rules listed; the rest are only counted. */
const MOST_LISTED = 200;

/** The wishes, rule by rule, and a way to add one for a pattern. */
export class RuleList {
  readonly element: HTMLElement;
  readonly #model: () => StudioModel;
  readonly #list = el('ul', {
    class: 'rules',
    attributes: { 'aria-label': l10n.t('Rules, the last one counts') },
  });
  readonly #pattern = el('input', {
    class: 'field',
    testid: 'tvq-pattern',
    attributes: {
      type: 'text',
      placeholder: l10n.t('*.attn.*  or  /regular expression/'),
      'aria-label': l10n.t('Pattern of tensor names'),
      maxlength: '1000',
      spellcheck: 'false',
    },
  });
  readonly #task = el('select', { class: 'field', attributes: { 'aria-label': l10n.t('Task of the rule') } });
  readonly #fault = el('p', { class: 'fault', attributes: { role: 'alert' } });

  constructor(model: () => StudioModel) {
    this.#model = model;
    const add = createButton({
      label: l10n.t('Set bits…'),
      appearance: 'secondary',
      onClick: () => this.#ask(add),
    });
    this.#pattern.addEventListener('keydown', event => {
      if (event.key === 'Enter') this.#ask(add);
    });
    this.#fault.hidden = true;
    const form = el('div', { class: 'rule-form' }, this.#pattern, this.#task, add);
    this.element = el(
      'section',
      { class: 'rule-pane' },
      el('h2', { text: l10n.t('Rules') }),
      form,
      this.#fault,
      this.#list,
    );
  }

  setModel(): void {
    const { tasks } = this.#model().allocation.table;
    const option = (text: string, value: string) => el('option', { text, attributes: { value } });
    this.#task.replaceChildren(option(l10n.t('all tasks'), ''), ...tasks.map(task => option(task, task)));
  }

  show(): void {
    const { rules } = this.#model().spending;
    const items = rules.slice(-MOST_LISTED).map(rule => {
      const remove = createIconButton({
        icon: 'close',
        label: l10n.t('Remove the rule for {0}', rule.tensors),
        onClick: () =>
          this.#model().change({ rules: this.#model().spending.rules.filter(one => one !== rule) }),
      });
      return el(
        'li',
        { testid: 'tvq-rule' },
        el('span', { class: 'rule-pattern', text: rule.tensors, attributes: { title: rule.tensors } }),
        el('span', { class: 'quiet', text: rule.task ?? l10n.t('all tasks') }),
        el('span', { text: describeWish(rule) ?? l10n.t('auto') }),
        remove.element,
      );
    });
    const more = rules.length - items.length;
    const none = l10n.t('None: every tensor gets the bits that lose least.');
    this.#list.replaceChildren(
      ...items,
      ...(rules.length === 0 ? [el('li', { class: 'quiet', text: none })] : []),
      ...(more > 0 ? [el('li', { class: 'quiet', text: l10n.t('and {0} before', more) })] : []),
    );
  }

  #ask(button: HTMLElement): void {
    const tensors = this.#pattern.value.trim();
    if (tensors === '') return this.#refuse(l10n.t('Write a pattern of tensor names first.'));
    const task = this.#task.value || undefined;
    openPinMenu(tensors, button.getBoundingClientRect(), { bits: undefined, min: undefined }, wanted => {
      const { spending } = this.#model();
      const rules = withWish(spending.rules, [{ tensors, task }], wanted);
      if (rules.length > MAX_RULES) return this.#refuse(l10n.t('There can be at most {0} rules.', MAX_RULES));
      try {
        this.#model().change({ rules });
        this.#pattern.value = '';
        this.#fault.hidden = true;
      } catch (error) {
        this.#refuse(faultText(error));
      }
    });
  }

  #refuse(why: string): void {
    setText(this.#fault, why);
    this.#fault.hidden = false;
  }
}
