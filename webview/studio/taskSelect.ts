import * as l10n from '@vscode/l10n';
import { el } from '../common/dom.ts';
import type { StudioContext } from './context.ts';

/** Stands for the shared base vector in place of a task. */
const SHARED = '@shared';

/** Which task vector a grid shows: one, all of them together, or what they share. */
export class TaskSelect {
  readonly element = el('select', {
    class: 'field',
    attributes: { 'aria-label': l10n.t('Task to show') },
  });
  readonly #context: StudioContext;
  readonly #withShared: boolean;
  #tasks: readonly string[] = [];

  /** @param withShared whether the shared base vector can be chosen */
  constructor(context: StudioContext, onChange: () => void, withShared = false) {
    this.#context = context;
    this.#withShared = withShared;
    this.element.addEventListener('change', () => {
      context.state.update({ task: this.element.value });
      onChange();
    });
  }

  setTasks(tasks: readonly string[]): void {
    this.#tasks = tasks;
    const option = (text: string, value: string) => el('option', { text, attributes: { value } });
    this.element.replaceChildren(
      option(l10n.t('all tasks'), ''),
      ...tasks.map(task => option(task, task)),
      ...(this.#canShare ? [option(l10n.t('shared base (RTVQ)'), SHARED)] : []),
    );
    this.refresh();
  }

  /** Updates the choice, which another TaskSelect may have changed. */
  refresh(): void {
    this.element.value = this.isShared ? SHARED : (this.name ?? '');
  }

  /** Shows all tasks again. */
  reset(): void {
    this.#context.state.update({ task: '' });
    this.refresh();
  }

  /** undefined: all of them, or none. */
  get name(): string | undefined {
    const { task } = this.#context.state.get();
    return this.#tasks.includes(task) ? task : undefined;
  }

  /** Its index among the tasks. */
  get selected(): number | undefined {
    return this.name === undefined ? undefined : this.#tasks.indexOf(this.name);
  }

  /** Whether it is the shared base vector. */
  get isShared(): boolean {
    return this.#canShare && this.#context.state.get().task === SHARED;
  }

  /** A single task shares nothing. */
  get #canShare(): boolean {
    return this.#withShared && this.#tasks.length > 1;
  }
}
