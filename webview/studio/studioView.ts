import * as l10n from '@vscode/l10n';
import type { AnalysisTable } from '../../extension/protocol/analysis.ts';
import type { StudioMergePage } from '../../extension/protocol/merge.ts';
import type { Progress } from '../../extension/protocol/results.ts';
import type { StudioSelection } from '../../extension/protocol/studio.ts';
import { exportMenu } from '../common/chartExport.ts';
import { el, icon, setText, setTitle } from '../common/dom.ts';
import { formatCompact, formatCount } from '../common/format.ts';
import { fileName } from '../common/names.ts';
import { Notice } from '../common/states.ts';
import { Tabs } from '../common/tabs.ts';
import { createButton } from '../common/ui/toolkit.ts';
import { BitsTab } from './bits/bitsTab.ts';
import { MergeTab } from './merge/mergeTab.ts';
import type { StudioContext } from './context.ts';
import { StudioModel } from './model/studioModel.ts';
import { SensitivityTab } from './sensitivity/sensitivityTab.ts';
import { INITIAL_SPENDING, mergeStore, spendingOf } from './studioState.ts';

/** A drag that does not move for this long counts as paused. */
const SETTLE_MS = 200;

/** The page of a measured selection: three views of one allocation. */
export class StudioView {
  readonly element: HTMLElement;
  readonly #context: StudioContext;
  readonly #facts = el('span', { class: 'quiet numbers' });
  readonly #title = el('h1');
  readonly #device = el('span', { class: 'device quiet' });
  readonly #bits: BitsTab;
  readonly #sensitivity: SensitivityTab;
  readonly #merge: MergeTab;
  readonly #tabs: Tabs;
  readonly #stale = new Notice();
  #model: StudioModel | undefined;
  /** What the next frame has to paint; undefined when none is scheduled. */
  #settling: number | undefined;
  #due: { wishes: boolean } | undefined;

  constructor(context: StudioContext, onChoose: () => void) {
    this.#context = context;
    const model = () => this.#required();
    this.#bits = new BitsTab(context, model);
    this.#sensitivity = new SensitivityTab(context, model);
    this.#merge = new MergeTab(context.host, mergeStore(context.state), source =>
      exportMenu(context, source),
    );
    this.#tabs = new Tabs({
      id: 'studio',
      label: l10n.t('Views of the task vectors'),
      tabs: [
        { key: 'sensitivity', title: l10n.t('Sensitivity'), panel: this.#sensitivity.element },
        { key: 'bits', title: l10n.t('Bits'), panel: this.#bits.element },
        { key: 'merge', title: l10n.t('Merge'), panel: this.#merge.element },
      ],
      chosen: context.state.get().tab,
      onChoose: tab => {
        context.state.update({ tab });
        this.#paint(true);
      },
    });
    const change = createButton({ label: l10n.t('Change…'), appearance: 'secondary', onClick: onChoose });
    const header = el('header', { class: 'studio-header' }, this.#title, this.#facts, this.#device, change);
    const main = el(
      'main',
      { class: 'studio-main' },
      this.#stale.element,
      context.notice.element,
      this.#tabs.element,
    );
    this.element = el('div', { class: 'studio' }, header, main);
    this.element.addEventListener('keydown', event => this.#keyDown(event));
  }

  /** The view must be in the document already. */
  show(selection: StudioSelection, table: AnalysisTable): void {
    const { base, tasks, source, start } = selection;
    const { state } = this.#context;
    const { spending, tab } = state.get();
    const initial = start ? spendingOf(start) : INITIAL_SPENDING;
    this.stale([], () => undefined);
    this.#model = new StudioModel(table, spending, initial, ({ wishes }) => this.#changed(wishes));
    setText(this.#title, base.name);
    setTitle(this.#title, base.path);
    const weights = formatCompact(table.weights / Math.max(tasks.length, 1));
    setText(this.#facts, `${countText(selection)} · ${l10n.t('{0} weights each', weights)}`);
    setTitle(this.#facts, tasks.map(({ name }) => name).join(', '), ...(source ? [source] : []));
    this.#tabs.show(tab);
    this.#bits.setModel();
    this.#sensitivity.setModel();
    this.#paint(true);
    this.#merge.show(selection);
    void this.#compare();
  }

  /** Marks what is shown as measured on models that have changed, until they are measured again. */
  stale(names: readonly string[], measure: () => void): void {
    this.element.classList.toggle('stale', names.length > 0);
    if (names.length === 0) return this.#stale.hide();
    const message = l10n.t(
      'Changed since it was measured: {0}. These bits, sizes and errors describe the old one and are not used.',
      names.join(', '),
    );
    this.#stale.show(message, l10n.t('Measure again'), measure);
  }

  progress(progress: Progress): void {
    this.#bits.progress(progress);
    this.#sensitivity.progress(progress);
  }

  /** What the Merge tab receives from the host. */
  get merging(): StudioMergePage {
    return this.#merge;
  }

  /** Gets what the page can do without: the device, and sizes to compare with. */
  async #compare(): Promise<void> {
    const { host } = this.#context;
    const [device, marks] = await Promise.allSettled([host.device(), host.marks()]);
    if (device.status === 'fulfilled') {
      const { chosen, reason } = device.value;
      this.#device.replaceChildren(icon('chip'), chosen === 'cpu' ? 'CPU' : 'GPU');
      setTitle(this.#device, reason);
    }
    if (marks.status === 'fulfilled') this.#bits.setMarks(marks.value);
  }

  /** Each frame is painted once, however many inputs it has. */
  #changed(wishes: boolean): void {
    clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => this.#required().settle(), SETTLE_MS);
    this.#context.state.update({ spending: this.#required().steps });
    if (this.#due) {
      this.#due.wishes ||= wishes;
      return;
    }
    const due = (this.#due = { wishes });
    requestAnimationFrame(() => {
      this.#due = undefined;
      this.#paint(due.wishes);
    });
  }

  /** Hidden parts are painted when they are shown. */
  #paint(wishes: boolean): void {
    const { shown } = this.#tabs;
    if (shown === 'bits') this.#bits.show({ wishes });
    if (shown === 'sensitivity') this.#sensitivity.show({ wishes });
  }

  #keyDown(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.target instanceof HTMLInputElement) return;
    const key = event.key.toLowerCase();
    if (key === 'z' && !event.shiftKey) this.#required().undo();
    else if (key === 'y' || (key === 'z' && event.shiftKey)) this.#required().redo();
    else return;
    event.preventDefault();
  }

  #required(): StudioModel {
    if (this.#model === undefined) throw new Error('nothing is shown yet');
    return this.#model;
  }
}

/** "8 tasks", "1 task of small.tvq". */
function countText({ tasks, source }: StudioSelection): string {
  const count = formatCount(tasks.length);
  if (source === undefined) return tasks.length === 1 ? l10n.t('1 task') : l10n.t('{0} tasks', count);
  const file = fileName(source);
  return tasks.length === 1 ? l10n.t('1 task of {0}', file) : l10n.t('{0} tasks of {1}', count, file);
}
