import './comparePane.css';
import type { Progress, TaskComparisons } from '../../extension/protocol.ts';
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

/** Tensors of a quick look. */
const SAMPLE = 16;

export interface CompareOptions {
  /** undefined when cancelled. @param most tensors to compare by; undefined: all */
  readonly compare: (most: number | undefined) => Promise<TaskComparisons | undefined>;
  readonly cancel: () => Promise<void>;
  readonly state: StateStore<CompareState & { readonly tables: readonly string[] }>;
  readonly exports: ChartExports;
  /** What of the model is compared, and why the rest is not. */
  readonly words: { readonly compared: string; readonly rest: string };
}

/** How the tasks lie to each other: asked for, because every task vector has to be read for it. */
export class ComparePane {
  readonly element = el('section', { class: 'compare', testid: 'tvq-compare' });
  readonly #matrix: ChartView;
  readonly #pair = el('section', { class: 'pair' });
  #progress: ProgressPane | undefined;
  #found: TaskComparisons | undefined;

  constructor(private readonly options: CompareOptions) {
    const { state, exports } = options;
    const of = createSelect<MatrixOf>({
      label: 'What the matrix shows',
      options: MATRIX_OF,
      value: state.get().matrixOf,
      onChange: matrixOf => {
        state.update({ matrixOf });
        this.#showMatrix();
      },
    });
    this.#matrix = new ChartView({ ...tableState(state, 'Tasks'), exports }, of);
  }

  /** Shows what was found before, or offers to look. */
  show(tasks: number, found: TaskComparisons | undefined): void {
    if (this.#progress) return;
    if (found) this.#show(found);
    else
      this.#offer(
        tasks > 1 ? 'Not compared yet.' : 'There is one task; two or more can be compared.',
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
      button('Compare all tensors', 'primary', undefined),
      button(`Compare ${SAMPLE} tensors`, 'secondary', SAMPLE),
    );
  }

  async #compare(most: number | undefined): Promise<void> {
    const pane = new ProgressPane('Comparing the task vectors', () => void this.options.cancel());
    this.#progress = pane;
    this.element.replaceChildren(pane.element);
    try {
      const found = await this.options.compare(most);
      if (found) this.#show(found);
      else this.#offer('Comparing was cancelled.', true);
    } catch (error) {
      const failure = errorPane({
        what: 'The tasks were not compared',
        why: errorMessage(error),
        remedy: 'Nothing was changed.',
        action: 'Retry',
        onAction: () => void this.#compare(most),
      });
      this.element.replaceChildren(failure);
    } finally {
      this.#progress = undefined;
    }
  }

  #show(found: TaskComparisons): void {
    this.#found = found;
    const { tensors, comparable, leftOut, weights } = found;
    const scope =
      tensors < comparable
        ? `${formatCount(tensors)} of ${formatCount(comparable)} tensors, ${formatCount(weights)} weights a task.`
        : `All ${formatCount(tensors)} ${this.options.words.compared}, ${formatCount(weights)} weights a task.`;
    const rest = leftOut > 0 ? ` ${formatCount(leftOut)} more are ${this.options.words.rest}.` : '';
    const words = el('p', { class: 'quiet numbers', text: scope + rest, attributes: { role: 'status' } });
    const more = tensors < comparable ? [this.#buttons()] : [];
    this.element.replaceChildren(words, this.#matrix.element, this.#pair, ...more);
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
    const choices = [choice('First task', i, 'firstTask'), ' and ', choice('Second task', j, 'secondTask')];
    this.#pair.replaceChildren(
      el('h2', { text: 'Two tasks' }),
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
      ['cosine', formatCosine(cosines[i]?.[j] ?? null), 'Of the angle between the two task vectors'],
      [
        'sign agreement',
        formatShare(agree),
        'Of the weights that both move, those they move in one direction',
      ],
      [
        'sign conflict',
        formatShare(agree === null ? null : 1 - agree),
        'Of the weights that both move, those they move apart',
      ],
      ['moved by both', formatShare(both), 'Of all weights compared'],
      [`norm of ${firstTask}`, formatNumber(norms[i]), 'Length of the task vector'],
      [`norm of ${secondTask}`, formatNumber(norms[j]), 'Length of the task vector'],
    ];
    return lines.map(([name, value, meaning]) =>
      el('div', { attributes: { title: meaning } }, el('dt', { text: name }), el('dd', { text: value })),
    );
  }
}
