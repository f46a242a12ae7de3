import * as l10n from '@vscode/l10n';
import type { InspectorHost, InspectorWork, OpenedTvq } from '../../extension/protocol/inspector.ts';
import type { Progress } from '../../extension/protocol/results.ts';
import type { TvqSummary } from '../../extension/protocol/tvq.ts';
import { tableState } from '../common/chartFrame.ts';
import { ChartView } from '../common/chartView.ts';
import { el } from '../common/dom.ts';
import { errorMessage } from '../common/rpc.ts';
import { createSelect } from '../common/select.ts';
import type { StateStore } from '../common/state.ts';
import { Notice } from '../common/states.ts';
import { Tabs } from '../common/tabs.ts';
import type { TruncationTip } from '../common/truncationTip.ts';
import { createButton } from '../common/ui/toolkit.ts';
import { byteBar } from './byteBar.ts';
import { BYTES_BY, bytesChart, type BytesBy } from './bytesChart.ts';
import { ComparePane } from '../common/comparePane.ts';
import { DetailPane } from './detailPane.ts';
import type { InspectorState } from './inspectorState.ts';
import { provenance } from './provenance.ts';
import { headerLine, readOuts } from './summary.ts';
import { taskList } from './taskList.ts';
import { TensorPane } from './tensorPane.ts';
import { VerifyPane } from './verifyPane.ts';

/** The page of a readable file: its summary on top; below it the tensors, with details and checks beside them. */
export class InspectorView {
  readonly element: HTMLElement;
  readonly #host: InspectorHost;
  readonly #state: StateStore<InspectorState>;
  readonly #header = el('div');
  readonly #reading = el('div', { class: 'reading' });
  readonly #verify: VerifyPane;
  readonly #notice = new Notice();
  readonly #bytes: ChartView;
  readonly #origin = el('div', { class: 'origin' });
  readonly #detail: DetailPane;
  readonly #compare: ComparePane;
  readonly #tabs: Tabs;
  readonly #side: HTMLElement;
  readonly #tensors: TensorPane;
  #summary: TvqSummary | undefined;

  constructor(host: InspectorHost, state: StateStore<InspectorState>, tip: TruncationTip) {
    this.#host = host;
    this.#state = state;
    const exports = { host, notice: this.#notice };
    const by = createSelect<BytesBy>({
      label: l10n.t('How bytes are grouped'),
      options: BYTES_BY,
      value: state.get().bytesBy,
      onChange: bytesBy => {
        state.update({ bytesBy });
        this.#showBytes();
      },
    });
    this.#bytes = new ChartView({ ...tableState(state, 'bytes', l10n.t('Bytes')), exports }, by);
    this.#verify = new VerifyPane(host);
    this.#detail = new DetailPane(host, state, exports);
    this.#compare = new ComparePane({
      compare: most => host.compare(most),
      cancel: () => host.cancel('compare'),
      state,
      exports,
      words: {
        all: (tensors, weights) =>
          l10n.t('All {0} quantized tensors, {1} weights per task.', tensors, weights),
        rest: tensors => l10n.t('{0} more are stored exactly, unchanged, or not in every task.', tensors),
      },
    });
    const overview = el('div', { class: 'overview' }, this.#bytes.element, this.#origin);
    this.#tabs = new Tabs({
      id: 'side',
      label: l10n.t('About the file'),
      tabs: [
        { key: 'overview', title: l10n.t('Overview'), panel: overview },
        { key: 'tensor', title: l10n.t('Tensor'), panel: el('div', {}, this.#detail.element) },
        { key: 'tasks', title: l10n.t('Compare tasks'), panel: el('div', {}, this.#compare.element) },
      ],
      chosen: state.get().tab,
      onChoose: tab => state.update({ tab }),
    });
    this.#tensors = new TensorPane(host, state, tip, row => this.#choose(row));
    // The side comes first, as it does where panes are stacked: nobody would find it below an endless table.
    const attributes = { 'aria-label': l10n.t('About the file') };
    this.#side = el('aside', { class: 'side', attributes }, this.#tabs.element);
    const panes = el('div', { class: 'panes' }, this.#side, this.#tensors.element);
    const top = el(
      'div',
      { class: 'top' },
      this.#header,
      this.#verify.element,
      this.#notice.element,
      this.#reading,
    );
    this.element = el('div', { class: 'inspector' }, top, panes);
  }

  /** Shows the file's current state; resolves once the table has rows. The view must be in the document already. */
  async show({ summary, studio, verified, compared }: OpenedTvq): Promise<void> {
    const again = this.#summary !== undefined;
    this.#summary = summary;
    this.#header.replaceChildren(
      headerLine(summary, [this.#verify.button, ...(studio ? [this.#studioButton()] : [])]),
    );
    this.#verify.show(verified);
    this.#reading.replaceChildren(readOuts(summary), byteBar(summary.parts));
    this.#showBytes();
    this.#origin.replaceChildren(
      taskList(summary, text => this.#tensors.search(text)),
      provenance(summary),
    );
    this.#compare.show(summary.tasks.length, compared);
    if (again || this.#tabs.shown === 'tensor') this.#detail.restore();
    await this.#tensors.refresh(summary.rows);
  }

  /** Shows progress of some work. */
  progress(work: InspectorWork, progress: Progress): void {
    if (work === 'verify') this.#verify.progress(progress);
    if (work === 'compare') this.#compare.progress(progress);
  }

  #choose(row: { readonly vector: string; readonly tensor: string }): void {
    this.#tabs.show('tensor');
    this.#state.update({ tab: 'tensor' });
    void this.#detail.choose(row);
    // Where panes are stacked, the requested pane may be far above.
    if (this.#side.getBoundingClientRect().top < 0) this.#side.scrollIntoView();
  }

  #showBytes(): void {
    if (this.#summary) this.#bytes.show(bytesChart(this.#summary, this.#state.get().bytesBy));
  }

  #studioButton(): HTMLElement {
    return createButton({
      label: l10n.t('Re-quantize with another budget'),
      appearance: 'primary',
      onClick: () => {
        this.#host.openStudio().catch((error: unknown) => {
          const retry = () => void this.#host.openStudio();
          const message = l10n.t('The Studio did not open. {0}', errorMessage(error));
          this.#notice.show(message, l10n.t('Retry'), retry);
        });
      },
    });
  }
}
