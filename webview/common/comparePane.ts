import * as l10n from '@vscode/l10n';
import './comparePane.css';
import type { TaskComparisons } from '../../extension/protocol/comparison.ts';
import type { Progress } from '../../extension/protocol/results.ts';
import type { ChartExports } from './chartExport.ts';
import { tableState } from './chartFrame.ts';
import { ChartView } from './chartView.ts';
import { el } from './dom.ts';
import { formatCount, formatNumber, formatShare } from './format.ts';
import { ProgressPane } from './progressPane.ts';
import { errorMessage } from './rpc.ts';
import type { CompareState } from './compareState.ts';
import { createSelect } from './select.ts';
import type { StateStore } from './state.ts';
import { errorPane } from './states.ts';
import { createButton } from './ui/toolkit.ts';
import { MATRIX_OF, formatCosine, taskMatrix, type MatrixOf } from './taskMatrix.ts';

/** Number of tensors in a quick comparison. */
const SAMPLE = 16;

export interface CompareOptions {
  /** @param most how many tensors to compare; undefined: all @returns undefined when cancelled */
  readonly compare: (most: number | undefined) => Promise<TaskComparisons | undefined>;
  readonly cancel: () => Promise<void>;
  readonly state: StateStore<CompareState & { readonly tables: readonly string[] }>;
  readonly exports: ChartExports;
  readonly words: {
    /** When every tensor that can be compared was. @param weights of a task */
    readonly all: (tensors: string, weights: string) => string;
    /** Why other tensors are left out. */
    readonly rest: (tensors: string) => string;
  };
}

/** How the tasks relate to each other: only on request, because every task vector must be read for it. */
export class ComparePane {
  readonly element = el('section', { class: 'compare', testid: 'tvq-compare' });
  readonly #matrix: ChartView;
  readonly #pair = el('section', { class: 'pair' });
  #progress: ProgressPane | undefined;
  #found: TaskComparisons | undefined;

  constructor(private readonly options: CompareOptions) {
    const { state, exports } = options;
    const of = createSelect<MatrixOf>({
      label: l10n.t('What the matrix shows'),
      options: MATRIX_OF,
      value: state.get().matrixOf,
      onChange: matrixOf => {
        state.update({ matrixOf });
        this.#showMatrix();
      },
    });
    this.#matrix = new ChartView({ ...tableState(state, 'tasks', l10n.t('Tasks')), exports }, of);
  }

  /** Shows what was found before, or offers to compare. */
  show(tasks: number, found: TaskComparisons | undefined): void {
    if (this.#progress) return;
    if (found) this.#show(found);
    else
      this.#offer(
        tasks > 1 ? l10n.t('Not compared yet.') : l10n.t('There is one task; two or more can be compared.'),
        tasks > 1,
      );
  }

  progress(progress: Progress): void {
    this.#progress?.update(progress);
  }

  #offer(sentence: string, possible: boolean): void {
    const words = el('p', { class: 'quiet', text: sentence, attributes: { role: 'status' } });
    this.element.replaceChildren(words, ...(possible ? [this.#buttons()] : []));
  }

  #buttons(): HTMLElement {
    const button = (label: string, appearance: 'primary' | 'secondary', most: number | undefined) =>
      createButton({ label, appearance, onClick: () => void this.#compare(most) });
    return el(
      'div',
      { class: 'compare-actions' },
      button(l10n.t('Compare all tensors'), 'primary', undefined),
      button(l10n.t('Compare {0} tensors', SAMPLE), 'secondary', SAMPLE),
    );
  }

  async #compare(most: number | undefined): Promise<void> {
    const pane = new ProgressPane(l10n.t('Comparing the task vectors'), () => void this.options.cancel());
    this.#progress = pane;
    this.element.replaceChildren(pane.element);
    try {
      const found = await this.options.compare(most);
      if (found) this.#show(found);
      else this.#offer(l10n.t('Comparing was cancelled.'), true);
    } catch (error) {
      const failure = errorPane({
        what: l10n.t('The tasks were not compared'),
        why: errorMessage(error),
        remedy: l10n.t('Nothing was changed.'),
        action: l10n.t('Retry'),
        onAction: () => void this.#compare(most),
      });
      this.element.replaceChildren(failure);
    } finally {
      this.#progress = undefined;
    }
  }

  #show(found: TaskComparisons): void {
    this.#found = found;
    const { tensors, comparable, leftOut } = found;
    const { words } = this.options;
    const weights = formatCount(found.weights);
    const scope =
      tensors < comparable
        ? l10n.t(
            '{0} of {1} tensors, {2} weights per task.',
            formatCount(tensors),
            formatCount(comparable),
            weights,
          )
        : words.all(formatCount(tensors), weights);
    const rest = leftOut > 0 ? ` ${words.rest(formatCount(leftOut))}` : '';
    const said = el('p', { class: 'quiet numbers', text: scope + rest, attributes: { role: 'status' } });
    const more = tensors < comparable ? [this.#buttons()] : [];
    this.element.replaceChildren(said, this.#matrix.element, this.#pair, ...more);
    this.#showMatrix();
    this.#showPair();
  }

  #showMatrix(): void {
    if (this.#found) this.#matrix.show(taskMatrix(this.#found, this.options.state.get().matrixOf));
  }

  #showPair(): void {
    const found = this.#found as TaskComparisons;
    const { tasks } = found;
    const { firstTask, secondTask } = this.options.state.get();
    const indexOf = (name: string, otherwise: number) =>
      tasks.includes(name) ? tasks.indexOf(name) : otherwise;
    const [i, j] = [indexOf(firstTask, 0), indexOf(secondTask, 1)];
    const choice = (label: string, at: number, key: 'firstTask' | 'secondTask') =>
      createSelect({
        label,
        options: tasks.map(task => ({ value: task, label: task })),
        value: tasks[at] as string,
        onChange: task => {
          this.options.state.update({ [key]: task });
          numbers.replaceChildren(...this.#pairFacts());
        },
      });
    this.options.state.update({ firstTask: tasks[i], secondTask: tasks[j] });
    const numbers = el(
      'dl',
      { class: 'detail-facts numbers', attributes: { 'aria-live': 'polite' } },
      ...this.#pairFacts(),
    );
    const choices = [
      choice(l10n.t('First task'), i, 'firstTask'),
      ` ${l10n.t('and')} `,
      choice(l10n.t('Second task'), j, 'secondTask'),
    ];
    this.#pair.replaceChildren(
      el('h2', { text: l10n.t('Two tasks') }),
      el('div', { class: 'pair-choice' }, ...choices),
      numbers,
    );
  }

  #pairFacts(): HTMLElement[] {
    const { tasks, cosines, agreement, together, norms } = this.#found as TaskComparisons;
    const { firstTask, secondTask } = this.options.state.get();
    const [i, j] = [tasks.indexOf(firstTask), tasks.indexOf(secondTask)];
    const both = together[i]?.[j] ?? 0;
    const agree = agreement[i]?.[j] ?? null;
    const lines: [name: string, value: string, meaning: string][] = [
      [
        l10n.t('cosine'),
        formatCosine(cosines[i]?.[j] ?? null),
        l10n.t('Cosine of the angle between the two task vectors'),
      ],
      [
        l10n.t('sign agreement'),
        formatShare(agree),
        l10n.t('Of the weights that both move, the share moved in the same direction'),
      ],
      [
        l10n.t('sign conflict'),
        formatShare(agree === null ? null : 1 - agree),
        l10n.t('Of the weights that both move, the share moved in opposite directions'),
      ],
      [l10n.t('moved by both'), formatShare(both), l10n.t('Of all weights compared')],
      [l10n.t('norm of {0}', firstTask), formatNumber(norms[i]), l10n.t('Length of the task vector')],
      [l10n.t('norm of {0}', secondTask), formatNumber(norms[j]), l10n.t('Length of the task vector')],
    ];
    return lines.map(([name, value, meaning]) =>
      el('div', { attributes: { title: meaning } }, el('dt', { text: name }), el('dd', { text: value })),
    );
  }
}
