import * as l10n from '@vscode/l10n';
import './detailPane.css';
import type { InspectorHost } from '../../extension/protocol/inspector.ts';
import type { TensorDetail, TensorRow } from '../../extension/protocol/tensors.ts';
import { nameCell } from '../common/cells.ts';
import type { ChartExports } from '../common/chartExport.ts';
import { tableState } from '../common/chartFrame.ts';
import { ChartView } from '../common/chartView.ts';
import { el } from '../common/dom.ts';
import {
  formatBytes,
  formatCount,
  formatError,
  formatNumber,
  formatPercent,
  formatShape,
} from '../common/format.ts';
import { ProgressPane } from '../common/progressPane.ts';
import { errorMessage } from '../common/rpc.ts';
import { createSelect } from '../common/select.ts';
import type { StateStore } from '../common/state.ts';
import { emptyPane, errorPane } from '../common/states.ts';
import { translated } from '../common/translated.ts';
import type { InspectorState } from './inspectorState.ts';
import { MAP_OF, codesChart, entropyOf, mapChart, valuesChart, type MapOf } from './tensorCharts.ts';

/** Why there are no values to show, by codec. */
const NO_VALUES: Partial<Record<string, string>> = {
  same: l10n.t('This tensor equals the base model’s: its task vector is zero, and nothing of it is stored.'),
  absent: l10n.t('The fine-tuned checkpoint does not have this tensor.'),
};
const WHOLE_NUMBERS = l10n.t(
  'These are not floating-point numbers: they are stored as they are, and not charted.',
);

/** The content of the selected tensor. */
export class DetailPane {
  readonly element = el('section', { class: 'detail', testid: 'tvq-detail' });
  readonly #codes: ChartView;
  readonly #values: ChartView;
  readonly #map: ChartView;
  #detail: TensorDetail | undefined;
  #asked = 0;

  constructor(
    private readonly host: InspectorHost,
    private readonly state: StateStore<InspectorState>,
    exports: ChartExports,
  ) {
    const chart = (name: string, title: string, ...controls: HTMLElement[]) =>
      new ChartView({ ...tableState(state, name, title), exports }, ...controls);
    const of = createSelect<MapOf>({
      label: l10n.t('What the map shows'),
      options: MAP_OF,
      value: state.get().mapOf,
      onChange: mapOf => {
        state.update({ mapOf });
        this.#showMap();
      },
    });
    this.#codes = chart('codes', l10n.t('Codes'));
    this.#values = chart('values', l10n.t('Values'));
    this.#map = chart('map', l10n.t('Map'), of);
    this.#showEmpty();
  }

  /** Requests a tensor and shows it; earlier requests are ignored. */
  async choose({ vector, tensor }: Pick<TensorRow, 'vector' | 'tensor'>): Promise<void> {
    this.state.update({ vector, tensor });
    const asked = ++this.#asked;
    this.#detail = undefined;
    const head = heading(tensor, vector);
    const pane = new ProgressPane(l10n.t('Reading the tensor'), () => void this.host.cancel('detail'));
    this.element.replaceChildren(head, pane.element);
    this.element.setAttribute('aria-busy', 'true');
    const again = () => void this.choose({ vector, tensor });
    try {
      const detail = await this.host.detail(vector, tensor);
      if (asked !== this.#asked) return;
      if (detail) this.#show(detail);
      else
        this.element.replaceChildren(
          head,
          emptyPane(l10n.t('Cancelled'), l10n.t('The tensor was not read.'), l10n.t('Read it'), again),
        );
    } catch (error) {
      if (asked !== this.#asked) return;
      const failure = errorPane({
        what: l10n.t('This tensor cannot be shown'),
        why: errorMessage(error),
        remedy: l10n.t('Nothing in the file was changed. Verify tells what else is damaged.'),
        action: l10n.t('Retry'),
        onAction: again,
      });
      this.element.replaceChildren(head, failure);
    } finally {
      if (asked === this.#asked) this.element.removeAttribute('aria-busy');
    }
  }

  /** Shows what was chosen before, if anything was. */
  restore(): void {
    const { vector, tensor } = this.state.get();
    if (tensor !== '') void this.choose({ vector, tensor });
  }

  #showEmpty(): void {
    const words = el('p', {
      class: 'quiet',
      text: l10n.t('Choose a tensor in the table (Enter or a click) to see what lies in it.'),
    });
    this.element.replaceChildren(words);
  }

  #show(detail: TensorDetail): void {
    this.#detail = detail;
    const { tensor, vector, values, codes, codec } = detail;
    const parts: HTMLElement[] = [heading(tensor, vector), facts(detail)];
    if (!values) {
      parts.push(el('p', { class: 'quiet', text: NO_VALUES[codec] ?? WHOLE_NUMBERS }));
      this.element.replaceChildren(...parts);
      return;
    }
    if (codes) parts.push(this.#codes.element);
    parts.push(this.#values.element, this.#map.element);
    // Charts have a width only once they are in the document.
    this.element.replaceChildren(...parts);
    if (codes) this.#codes.show(codesChart(codes));
    this.#values.show(valuesChart(values));
    this.#showMap();
  }

  #showMap(): void {
    const map = this.#detail?.values?.map;
    if (map) this.#map.show(mapChart(map, this.state.get().mapOf));
  }
}

function heading(tensor: string, vector: string): HTMLElement {
  const cell = nameCell<string>(text => text);
  cell.show(tensor);
  return el(
    'header',
    { class: 'detail-head' },
    el('h2', {}, cell.element),
    el('span', { class: 'quiet', text: vector }),
  );
}

/** The tensor in numbers. */
function facts(detail: TensorDetail): HTMLElement {
  const { values, codes, error } = detail;
  const lines: [name: string, value: string, meaning?: string][] = [
    [l10n.t('shape'), `${formatShape(detail.shape)} ${detail.dtype}`],
    [l10n.t('codec'), detail.codec],
    [l10n.t('bytes'), formatBytes(detail.bytes)],
    [l10n.t('relative error'), formatError(error), l10n.t('‖x − x̂‖² / ‖x‖², measured when it was quantized')],
    ...detail.facts.map(({ name, value, meaning }): [string, string, string] => [
      name,
      formatNumber(value),
      translated(meaning),
    ]),
  ];
  if (codes)
    lines.push([
      l10n.t('information'),
      l10n.t('{0} bits per code', entropyOf(codes).toFixed(2)),
      l10n.t('What an ideal coder needs for these codes'),
    ]);
  if (values) {
    lines.push(
      [
        l10n.t('values'),
        detail.meaning === 'weights' ? l10n.t('fine-tuned weights') : l10n.t('task vector, restored'),
      ],
      [
        l10n.t('range'),
        l10n.t('{0} to {1}', formatNumber(values.histogram.from), formatNumber(values.histogram.to)),
      ],
      [l10n.t('mean'), formatNumber(values.mean)],
      [l10n.t('deviation'), formatNumber(values.deviation), l10n.t('Standard deviation')],
      [l10n.t('zeros'), formatPercent(values.zeros, values.count)],
    );
    if (values.nonFinite > 0)
      lines.push([
        l10n.t('NaN or infinite'),
        formatCount(values.nonFinite),
        l10n.t('Left out of everything else'),
      ]);
  }
  const entries = lines.map(([name, value, meaning]) => {
    const attributes: Record<string, string> = meaning === undefined ? {} : { title: meaning };
    return el('div', { attributes }, el('dt', { text: name }), el('dd', { text: value }));
  });
  return el('dl', { class: 'detail-facts numbers' }, ...entries);
}
