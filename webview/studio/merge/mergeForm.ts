import * as l10n from '@vscode/l10n';
import type {
  MergeMethodInfo,
  MergeParameter,
  ParameterScalar,
} from '../../../extension/protocol/recipes.ts';
import type { StudioSelection } from '../../../extension/protocol/studio.ts';
import { ON_MISMATCH } from '../../../extension/shared/mismatch.ts';
import { withValue } from '../../../extension/shared/mergeParameters.ts';
import { el, setText } from '../../common/dom.ts';
import type { StateStore } from '../../common/state.ts';
import { translated } from '../../common/translated.ts';
import {
  chosenMethod,
  comparableTasks,
  fieldValue,
  includedTasks,
  methodGroups,
  methodLabel,
  taskParameters,
} from './formModel.ts';
import { editsOf, FOLDER_DTYPES, storedEdits, type MergeTabState } from './mergeState.ts';
import { ParameterField } from './parameterField.ts';
import { TaskSliders } from './taskSliders.ts';

/** Method, parameters and tasks. The choices are in the state; `onChange` reports that they changed. */
export class MergeForm {
  readonly element: HTMLElement;
  readonly #state: StateStore<MergeTabState>;
  readonly #onChange: () => void;
  readonly #method = el('select', {
    class: 'select',
    testid: 'merge-method',
    attributes: { id: 'merge-method' },
  });
  readonly #meaning = el('p', { class: 'method-meaning' });
  readonly #variant = el('p', { class: 'quiet' });
  readonly #parameters = el('div', { class: 'parameters' });
  readonly #tasks: TaskSliders;
  readonly #mismatch = el('select', {
    class: 'select',
    testid: 'merge-mismatch',
    attributes: { id: 'merge-mismatch' },
  });
  readonly #dtype = el('select', {
    class: 'select',
    testid: 'merge-dtype',
    attributes: { id: 'merge-dtype' },
  });
  readonly #compare = el('input', { class: 'check-box', attributes: { type: 'checkbox' } });
  readonly #compareHint = el('p', { class: 'quiet' });
  #fields: readonly ParameterField[] = [];
  #methods: readonly MergeMethodInfo[] = [];
  #selection: StudioSelection | undefined;

  constructor(state: StateStore<MergeTabState>, onChange: () => void) {
    this.#state = state;
    this.#onChange = onChange;
    this.#method.addEventListener('change', () => {
      state.update({ method: this.#method.value, slider: '' });
      this.#rebuild();
      onChange();
    });
    this.#tasks = new TaskSliders({
      onInclude: (task, included) => {
        const others = state.get().excluded.filter(name => name !== task);
        state.update({ excluded: included ? others : [...others, task] });
        this.#changed();
      },
      onValue: (parameter, task, value) => this.#edit(parameter, value, task),
      onParameter: slider => {
        state.update({ slider });
        this.#rebuildTasks();
        this.#present();
      },
    });
    this.#mismatch.append(
      ...ON_MISMATCH.map(({ name, meaning }) =>
        el('option', { text: translated(meaning), attributes: { value: name } }),
      ),
    );
    this.#mismatch.addEventListener('change', () => {
      const chosen = ON_MISMATCH.find(({ name }) => name === this.#mismatch.value);
      state.update({ onMismatch: chosen?.name ?? 'error' });
      this.#changed();
    });
    this.#dtype.append(
      el('option', { text: l10n.t("The base's"), attributes: { value: '' } }),
      ...FOLDER_DTYPES.map(({ name, meaning }) =>
        el('option', { text: l10n.t('{0}: {1}', name, translated(meaning)), attributes: { value: name } }),
      ),
    );
    this.#dtype.addEventListener('change', () => {
      state.update({ dtype: FOLDER_DTYPES.find(({ name }) => name === this.#dtype.value)?.name ?? '' });
      this.#changed();
    });
    this.#compare.addEventListener('change', () => {
      state.update({ compare: this.#compare.checked });
      this.#changed();
    });
    const compare = el('label', { class: 'check' }, this.#compare, l10n.t('Compare with full precision'));
    this.element = el(
      'div',
      { class: 'merge-form' },
      el('label', { class: 'field-title', text: l10n.t('Method'), attributes: { for: 'merge-method' } }),
      this.#method,
      this.#meaning,
      el(
        'details',
        { class: 'method-variant' },
        el('summary', { text: l10n.t('Paper and variant') }),
        this.#variant,
      ),
      this.#parameters,
      this.#tasks.element,
      el('label', {
        class: 'field-title',
        text: l10n.t('Tensors that a model lacks or has in a different shape'),
        attributes: { for: 'merge-mismatch' },
      }),
      this.#mismatch,
      el('label', {
        class: 'field-title',
        text: l10n.t('Dtype of the merged weights'),
        attributes: { for: 'merge-dtype' },
      }),
      this.#dtype,
      el('div', { class: 'compare' }, compare, this.#compareHint),
    );
  }

  /** The chosen method; undefined if no method is known. */
  get method(): MergeMethodInfo | undefined {
    return chosenMethod(this.#methods, this.#state.get());
  }

  /** Whether a field holds an invalid value. */
  get isWrong(): boolean {
    return this.#tasks.isWrong || this.#fields.some(({ isWrong }) => isWrong);
  }

  show(selection: StudioSelection, methods: readonly MergeMethodInfo[]): void {
    this.#selection = selection;
    this.#methods = methods;
    const groups = methodGroups(methods).map(({ label, methods: members }) => {
      const group = el('optgroup', { attributes: { label } });
      group.append(...members.map(({ name }) => el('option', { attributes: { value: name } })));
      return group;
    });
    this.#method.replaceChildren(...groups);
    this.#rebuild();
  }

  #rebuild(): void {
    const { method } = this;
    if (method === undefined) return;
    this.#method.value = method.name;
    setText(this.#meaning, translated(method.meaning));
    setText(this.#variant, method.variant);
    this.#fields = method.parameters.map(
      parameter => new ParameterField(parameter, value => this.#edit(parameter, value)),
    );
    this.#parameters.replaceChildren(...this.#fields.map(({ element }) => element));
    this.#rebuildTasks();
    this.#present();
  }

  #rebuildTasks(): void {
    const { method } = this;
    if (method === undefined || this.#selection === undefined) return;
    const offered = taskParameters(method);
    const { slider } = this.#state.get();
    const chosen = offered.find(({ name }) => name === slider) ?? offered[0];
    this.#tasks.rebuild(
      this.#selection.tasks.map(({ name }) => name),
      offered,
      chosen,
    );
  }

  #edit(parameter: MergeParameter, value: ParameterScalar | undefined, task?: string): void {
    const { method } = this;
    if (method === undefined) return;
    const { edits } = this.#state.get();
    const edited = withValue(editsOf(edits[method.name]), parameter, value, task);
    this.#state.update({ edits: { ...edits, [method.name]: storedEdits(edited) } });
    this.#changed();
  }

  #changed(): void {
    this.#present();
    this.#onChange();
  }

  /** Updates values and marks of the existing fields. */
  #present(): void {
    const { method } = this;
    const selection = this.#selection;
    if (method === undefined || selection === undefined) return;
    const state = this.#state.get();
    const edits = editsOf(state.edits[method.name]);
    const tasks = includedTasks(selection, state);
    for (const field of this.#fields) field.show(fieldValue(field.parameter, edits, tasks));
    this.#tasks.show(edits, state.excluded);
    for (const option of this.#method.options) {
      const known = this.#methods.find(({ name }) => name === option.value);
      setText(option, known === undefined ? option.value : methodLabel(known, tasks.length));
    }
    this.#mismatch.value = state.onMismatch;
    this.#dtype.value = state.dtype;
    const comparable = comparableTasks(selection, tasks);
    this.#compare.disabled = !comparable;
    this.#compare.checked = state.compare && comparable;
    setText(this.#compareHint, compareHint(selection, comparable));
  }
}

function compareHint({ source }: StudioSelection, comparable: boolean): string {
  if (source === undefined) return l10n.t('These are checkpoints in full precision already.');
  return comparable
    ? l10n.t('Makes the same merge of the checkpoints too, and takes about twice as long.')
    : l10n.t('The checkpoints of these tasks are not known. Choose them with the selection.');
}
