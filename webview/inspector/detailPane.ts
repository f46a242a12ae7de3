import * as l10n from '@vscode/l10n';
import './detailPane.css';
import type { InspectorHost, TensorDetail, TensorRow } from '../../extension/protocol.ts';
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
import type { InspectorState } from './inspectorState.ts';
import { MAP_OF, codesChart, entropyOf, mapChart, valuesChart, type MapOf } from './tensorCharts.ts';

/** Why there are no values to show, by codec. */
const NO_VALUES: Partial<Record<string, string>> = {
  same: 'This tensor equals the base model’s: its task vector is zero, and nothing of it is stored.',
  absent: 'The fine-tuned checkpoint does not have this tensor.',
};
const WHOLE_NUMBERS = 'These are no floating-point numbers: they are stored as they are, and not charted.';

/** What lies in the chosen tensor. */
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
      label: 'What the map shows',
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

  /** Asks for a tensor and shows it; what was asked for before no longer counts. */
  async choose({ vector, tensor }: Pick<TensorRow, 'vector' | 'tensor'>): Promise<void> {
    this.state.update({ vector, tensor });
    const asked = ++this.#asked;
    this.#detail = undefined;
    const head = heading(tensor, vector);
    const pane = new ProgressPane('Reading the tensor', () => void this.host.cancel('detail'));
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
          emptyPane('Cancelled', 'The tensor was not read.', 'Read it', again),
        );
    } catch (error) {
      if (asked !== this.#asked) return;
      const failure = errorPane({
        what: 'This tensor cannot be shown',
        why: errorMessage(error),
        remedy: 'Nothing in the file was changed. Verify tells what else is damaged.',
        action: 'Retry',
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
      text: 'Choose a tensor in the table (Enter or a click) to see what lies in it.',
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
    // Charts are drawn where they stand: elsewhere they have no width.
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
    ['shape', `${formatShape(detail.shape)} ${detail.dtype}`],
    ['codec', detail.codec],
    ['bytes', formatBytes(detail.bytes)],
    ['relative error', formatError(error), '‖x − x̂‖² / ‖x‖², measured when it was quantized'],
    ...detail.facts.map(({ name, value, meaning }): [string, string, string] => [
      name,
      formatNumber(value),
      meaning,
    ]),
  ];
  if (codes)
    lines.push([
      'information',
      `${entropyOf(codes).toFixed(2)} bits a code`,
      'What an ideal coder needs for these codes',
    ]);
  if (values) {
    lines.push(
      ['values', detail.meaning === 'weights' ? 'fine-tuned weights' : 'task vector, restored'],
      ['range', `${formatNumber(values.histogram.from)} to ${formatNumber(values.histogram.to)}`],
      ['mean', formatNumber(values.mean)],
      ['deviation', formatNumber(values.deviation), 'Standard deviation'],
      ['zeros', formatPercent(values.zeros, values.count)],
    );
    if (values.nonFinite > 0)
      lines.push(['NaN or infinite', formatCount(values.nonFinite), 'Left out of everything else']);
  }
  const entries = lines.map(([name, value, meaning]) => {
    const attributes: Record<string, string> = meaning === undefined ? {} : { title: meaning };
    return el('div', { attributes }, el('dt', { text: name }), el('dd', { text: value }));
  });
  return el('dl', { class: 'detail-facts numbers' }, ...entries);
}
