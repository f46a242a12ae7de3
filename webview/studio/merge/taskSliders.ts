import * as l10n from '@vscode/l10n';
import type { MergeParameter, ParameterScalar } from '../../../extension/protocol/recipes.ts';
import { formatValue, valueOf, type Edits } from '../../../extension/shared/mergeParameters.ts';
import { el, setLabel, setText } from '../../common/dom.ts';
import { TRUNCATE } from '../../common/truncationTip.ts';
import { sliderRange } from './formModel.ts';
import { NumberField } from './parameterField.ts';

export interface TaskSlidersOptions {
  readonly onInclude: (task: string, included: boolean) => void;
  readonly onValue: (parameter: MergeParameter, task: string, value: ParameterScalar | undefined) => void;
  readonly onParameter: (name: string) => void;
}

interface Row {
  readonly element: HTMLElement;
  readonly box: HTMLInputElement;
  readonly slider: HTMLInputElement;
  readonly number: NumberField;
}

/** The tasks: whether each is merged, and one slider per task for a parameter that can differ by task. */
export class TaskSliders {
  readonly element: HTMLElement;
  readonly #options: TaskSlidersOptions;
  readonly #rows = el('div', { class: 'task-rows' });
  readonly #picker = el('select', {
    class: 'select',
    attributes: { 'aria-label': l10n.t('What the sliders set') },
  });
  readonly #bare = el('span', { class: 'quiet' });
  #parameter: MergeParameter | undefined;
  #byTask = new Map<string, Row>();

  constructor(options: TaskSlidersOptions) {
    this.#options = options;
    this.#picker.addEventListener('change', () => options.onParameter(this.#picker.value));
    this.element = el(
      'fieldset',
      { class: 'tasks-field' },
      el('legend', { text: l10n.t('Tasks') }),
      el('div', { class: 'tasks-head' }, this.#bare, this.#picker),
      this.#rows,
    );
  }

  get isWrong(): boolean {
    return [...this.#byTask.values()].some(({ number }) => number.isWrong);
  }

  /** Rebuilds the rows for other tasks or another parameter. */
  rebuild(
    tasks: readonly string[],
    parameters: readonly MergeParameter[],
    parameter: MergeParameter | undefined,
  ): void {
    this.#parameter = parameter;
    this.#picker.replaceChildren(
      ...parameters.map(({ name }) =>
        el('option', { text: l10n.t('{0} by task', name), attributes: { value: name } }),
      ),
    );
    this.#picker.hidden = parameters.length < 2;
    this.#picker.value = parameter?.name ?? '';
    this.#bare.hidden = parameters.length > 1;
    setText(this.#bare, parameter === undefined ? '' : l10n.t('{0} by task', parameter.name));
    this.#byTask = new Map(tasks.map(task => [task, this.#row(task, parameter)]));
    this.#rows.replaceChildren(...[...this.#byTask.values()].map(({ element }) => element));
  }

  show(edits: Edits, excluded: readonly string[]): void {
    const parameter = this.#parameter;
    const tasks = [...this.#byTask.keys()];
    const values = parameter === undefined ? [] : tasks.map(task => valueOf(parameter, edits, task));
    const range = parameter && sliderRange(parameter, values);
    for (const [at, [task, { box, element, number, slider }]] of [...this.#byTask].entries()) {
      box.checked = !excluded.includes(task);
      element.classList.toggle('excluded', !box.checked);
      if (parameter === undefined || range === undefined) continue;
      const value = values[at] ?? parameter.default;
      slider.disabled = number.input.disabled = !box.checked;
      // A list over the layers has no single position on a slider.
      slider.classList.toggle('no-place', typeof value !== 'number');
      if (document.activeElement !== slider) setRange(slider, range);
      if (typeof value === 'number') slider.value = String(value);
      const [least, most] = [Number(slider.min), Number(slider.max)];
      slider.style.setProperty('--at', `${(100 * (Number(slider.value) - least)) / (most - least)}%`);
      slider.setAttribute('aria-valuetext', formatValue(value));
      number.show({ text: formatValue(value), placeholder: '' });
    }
  }

  #row(task: string, parameter: MergeParameter | undefined): Row {
    const { onInclude, onValue } = this.#options;
    const box = el('input', { class: 'check-box', attributes: { type: 'checkbox' } });
    box.addEventListener('change', () => onInclude(task, box.checked));
    const name = el('label', { class: `task-name ${TRUNCATE}` }, box, task);
    const slider = el('input', { class: 'slider', attributes: { type: 'range' } });
    const declared = parameter ?? NO_PARAMETER;
    const number = new NumberField(declared, value => onValue(declared, task, value));
    setLabel(slider, l10n.t('{0} of {1}', declared.name, task));
    setLabel(number.input, l10n.t('{0} of {1}, as a number', declared.name, task));
    slider.addEventListener('input', () => onValue(declared, task, Number(slider.value)));
    const controls = parameter === undefined ? [] : [slider, number.input, number.fault.element];
    const element = el('div', { class: 'task-row', testid: 'merge-task' }, name, ...controls);
    return { element, box, slider, number };
  }
}

/** For methods without parameters by task: rows then have no slider. */
const NO_PARAMETER = { name: '', type: 'number', default: 0, perInput: true } as MergeParameter;

function setRange(
  slider: HTMLInputElement,
  { minimum, maximum, step }: ReturnType<typeof sliderRange>,
): void {
  slider.min = String(minimum);
  slider.max = String(maximum);
  slider.step = String(step);
}
