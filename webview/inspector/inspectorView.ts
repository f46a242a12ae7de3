import type { InspectorHost, TvqSummary } from '../../extension/protocol.ts';
import { ChartView } from '../common/charts.ts';
import { el } from '../common/dom.ts';
import type { StateStore } from '../common/state.ts';
import type { TruncationTip } from '../common/truncationTip.ts';
import { byteBar } from './byteBar.ts';
import { groupChart } from './groupChart.ts';
import type { InspectorState } from './inspectorState.ts';
import { headerLine, readOuts } from './summary.ts';
import { taskList } from './taskList.ts';
import { TensorPane } from './tensorPane.ts';

/** The page of a file that could be read: its summary above, an overview and the tensors below. */
export class InspectorView {
  readonly element: HTMLElement;
  readonly #top = el('div', { class: 'top' });
  readonly #groups: ChartView;
  readonly #tasks = el('div');
  readonly #tensors: TensorPane;

  constructor(host: InspectorHost, state: StateStore<InspectorState>, tip: TruncationTip) {
    this.#groups = new ChartView({
      title: 'Bytes by group',
      showTable: state.get().groupsAsTable,
      onToggle: groupsAsTable => state.update({ groupsAsTable }),
    });
    this.#tensors = new TensorPane(host, state, tip);
    // The overview comes first, as it does where panes are stacked: below an endless table nobody finds it.
    const attributes = { 'aria-label': 'Overview' };
    const overview = el('aside', { class: 'overview', attributes }, this.#groups.element, this.#tasks);
    const panes = el('div', { class: 'panes' }, overview, this.#tensors.element);
    this.element = el('div', { class: 'inspector' }, this.#top, panes);
  }

  /** Shows the file as it is now; resolves once the table has rows. The view is in the document already. */
  async show(summary: TvqSummary): Promise<void> {
    this.#top.replaceChildren(headerLine(summary), readOuts(summary), byteBar(summary.parts));
    this.#groups.show(groupChart(summary.groups));
    this.#tasks.replaceChildren(taskList(summary, text => this.#tensors.search(text)));
    await this.#tensors.refresh(summary.rows);
  }
}
