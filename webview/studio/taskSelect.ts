import { el } from '../common/dom.ts';
import type { StudioContext } from './context.ts';

/** Which task vector a grid shows: one, or all of them taken together. */
export class TaskSelect {
  readonly element = el('select', { class: 'field', attributes: { 'aria-label': 'Task that is shown' } });
  readonly #context: StudioContext;
  #tasks: readonly string[] = [];

  constructor(context: StudioContext, onChange: () => void) {
    this.#context = context;
    this.element.addEventListener('change', () => {
      context.state.update({ task: this.element.value });
      onChange();
    });
  }

  setTasks(tasks: readonly string[]): void {
    this.#tasks = tasks;
    const option = (text: string, value: string) => el('option', { text, attributes: { value } });
    this.element.replaceChildren(option('all tasks', ''), ...tasks.map(task => option(task, task)));
    this.refresh();
  }

  /** Another one of its kind may have chosen. */
  refresh(): void {
    this.element.value = this.name ?? '';
  }

  /** undefined: all of them. */
  get name(): string | undefined {
    const { task } = this.#context.state.get();
    return this.#tasks.includes(task) ? task : undefined;
  }

  /** Its number among the tasks. */
  get selected(): number | undefined {
    return this.name === undefined ? undefined : this.#tasks.indexOf(this.name);
  }
}
