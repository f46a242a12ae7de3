import * as l10n from '@vscode/l10n';
import './sensitivityTab.css';
import type { Progress } from '../../../extension/protocol/results.ts';
import { MEASURES } from '../../../extension/shared/allocation/index.ts';
import { tableState } from '../../common/chartFrame.ts';
import { ComparePane } from '../../common/comparePane.ts';
import { ChartView } from '../../common/chartView.ts';
import { el, setText } from '../../common/dom.ts';
import { Figure } from '../../common/figure.ts';
import { formatBitsPerWeight, formatBytes } from '../../common/format.ts';
import { drawStackedBars } from '../../common/stackedBars.ts';
import { translated } from '../../common/translated.ts';
import type { StudioContext } from '../context.ts';
import { SharedBase, type Subject } from './sharedBase.ts';
import { curvePicture, curveTable, type CurveData } from '../curvePicture.ts';
import { HeatGrid, type HeatPick } from '../heatGrid.ts';
import type { HeatScale } from '../heatPicture.ts';
import { KINDS } from '../../common/kinds.ts';
import { sensitivityByCell, slotsByTensor, totalsBy } from '../model/cells.ts';
import { measureName } from '../model/measureWish.ts';
import type { Change, StudioModel } from '../model/studioModel.ts';
import { tensorCurve } from '../model/tensorCurve.ts';
import { TaskSelect } from '../taskSelect.ts';

/** A quarter of the mean to four times it. */
const SCALE: HeatScale = {
  level: value => (Math.log2(Math.max(value, 1e-9)) + 2) / 4,
  format: value => l10n.t('{0} × the mean', value.toFixed(2)),
  low: '¼ ×',
  high: l10n.t('4 × the mean'),
};

const POINTS = 64;
const HEIGHT = 220;

/** Where an error hurts: by layer and role, by kind, and tensor by tensor over bits. */
export class SensitivityTab {
  readonly element: HTMLElement;
  readonly #context: StudioContext;
  readonly #model: () => StudioModel;
  readonly #heat: HeatGrid;
  readonly #tasks: TaskSelect;
  readonly #meaning = el('p', { class: 'quiet' });
  readonly #kinds: ChartView;
  readonly #curve: Figure;
  readonly #of = el('p', { class: 'quiet name' });
  readonly #shared: SharedBase;
  readonly #measuring = el('div', { class: 'measuring-shared' });
  readonly #compare: ComparePane;
  /** What the tab shows. */
  #subject!: Subject;
  #slots: readonly number[][] = [];

  constructor(context: StudioContext, model: () => StudioModel) {
    this.#context = context;
    this.#model = model;
    const frame = (name: string, title: string) => ({
      ...tableState(context.state, name, title),
      exports: context,
    });
    this.#tasks = new TaskSelect(context, () => this.show({ wishes: true }), true);
    this.#shared = new SharedBase(context);
    this.#heat = new HeatGrid(
      {
        ...frame('sensitivity-by-layer', l10n.t('Sensitivity by layer')),
        id: 'tvq-sensitivity-grid',
        label: l10n.t('Sensitivity by layer: Enter on a cell, a name or a layer shows its curve'),
        scale: SCALE,
        legend: [],
        onPick: pick => this.#pick(pick),
      },
      this.#tasks.element,
    );
    this.#kinds = new ChartView(frame('sensitivity-by-kind', l10n.t('Sensitivity by kind')));
    this.#curve = new Figure(frame('error-by-bits', l10n.t('Error by bits')));
    this.#compare = new ComparePane({
      compare: most => context.host.compare(most),
      cancel: () => context.host.cancel(),
      state: context.state,
      exports: context,
      words: {
        all: (tensors, weights) =>
          l10n.t('All {0} floating-point tensors, {1} weights per task.', tensors, weights),
        rest: tensors =>
          l10n.t('{0} more are integers, or do not have the same shape in every checkpoint.', tensors),
      },
    });
    const right = el('div', {}, this.#curve.element, this.#of);
    const figures = el('div', { class: 'figures' }, right, this.#kinds.element);
    this.element = el(
      'div',
      { class: 'tab-scroll sensitivity-tab' },
      this.#meaning,
      this.#heat.element,
      this.#measuring,
      figures,
      el(
        'section',
        {},
        el('h2', { text: l10n.t('How the tasks relate to each other') }),
        this.#compare.element,
      ),
    );
  }

  setModel(): void {
    const { tasks } = this.#model().allocation.table;
    this.#shared.forget();
    this.#tasks.setTasks(tasks);
    if (this.#tasks.isShared) this.#tasks.reset();
    this.#compare.show(tasks.length, undefined);
  }

  progress(progress: Progress): void {
    this.#shared.progress(progress);
    this.#compare.progress(progress);
  }

  show({ wishes }: Change): void {
    if (!wishes) return;
    this.#tasks.refresh();
    if (this.#tasks.isShared && !this.#shared.isKnown) return void this.#measureShared();
    const model = this.#model();
    const { spending, budget } = model;
    this.#subject = (this.#isShared ? this.#shared.subject(model) : undefined) ?? model;
    const { allocation, grid, sensitivity } = this.#subject;
    this.#slots = slotsByTensor(allocation, this.#isShared ? undefined : this.#tasks.selected);
    const measure = measureName(spending.measure, budget.kind);
    const meaning = this.#isShared
      ? l10n.t(
          'Of the mean task vector, which RTVQ stores once for all tasks: squared error per weight at two bits, as the budget counts it; 1 is the mean of the model.',
        )
      : l10n.t('Squared error per weight at two bits, as the budget counts it; 1 is the mean of the model.');
    setText(this.#meaning, `${meaning} ${translated(MEASURES[measure])}`);
    this.#heat.setGrid(grid);
    if (grid) this.#heat.show(sensitivityByCell(allocation, grid, this.#slots, sensitivity), []);
    this.#showKinds();
    this.#showCurve();
  }

  get #isShared(): boolean {
    return this.#tasks.isShared && this.#shared.isKnown;
  }

  async #measureShared(): Promise<void> {
    if (!(await this.#shared.measure(this.#measuring))) this.#tasks.reset();
    this.show({ wishes: true });
  }

  #pick({ row, column }: HeatPick): void {
    const { grid, allocation } = this.#subject;
    const tensor = grid?.roles[row]?.tensors[column];
    this.#context.state.update({ tensor: allocation.table.tensors[tensor ?? -1]?.name ?? '' });
    this.#showCurve();
  }

  #showKinds(): void {
    const { allocation, sensitivity, spent } = this.#subject;
    const { tensors } = allocation.table;
    const totals = totalsBy(
      allocation,
      this.#slots,
      spent,
      sensitivity,
      tensor => tensors[tensor]?.kind ?? 'other',
    )
      .filter(({ elements }) => elements > 0)
      .sort((a, b) => b.sensitivity - a.sensitivity);
    const labels = totals.map(({ name }) => KINDS[name as keyof typeof KINDS].label);
    const values = totals.map(({ sensitivity: value }) => value);
    const format = (value: number) => `${value.toFixed(2)} ×`;
    const style = { token: '--vscode-charts-blue', pattern: 'solid' } as const;
    const series = [{ label: l10n.t('sensitivity'), style, values }];
    const said = labels.map((label, at) => `${label} ${format(values[at] ?? 0)}`);
    this.#kinds.show({
      summary: l10n.t('Sensitivity by kind: {0}', said.join(', ')),
      legend: [],
      draw: width => drawStackedBars({ labels, totals: values.map(format), series, format }, width),
      table: {
        columns: [
          l10n.t('kind'),
          l10n.t('sensitivity'),
          this.#isShared ? l10n.t('bytes at two bits') : l10n.t('bytes spent'),
        ],
        rows: totals.map(({ bytes }, at) => [labels[at] ?? '', format(values[at] ?? 0), formatBytes(bytes)]),
      },
    });
  }

  /** Shows the curve of the picked tensor, or of the whole model if none was picked. */
  #showCurve(): void {
    const { allocation } = this.#subject;
    const { tensor: name } = this.#context.state.get();
    const tensor = allocation.table.tensors.findIndex(one => one.name === name);
    const slots = tensor < 0 ? this.#slots.flat() : (this.#slots[tensor] ?? []);
    const data: CurveData = {
      points: tensorCurve(allocation, slots, POINTS),
      marks: [],
      formatX: formatBitsPerWeight,
      titleX: l10n.t('bits per weight'),
      height: HEIGHT,
    };
    const { of, summary } = this.#curveTexts(tensor < 0 ? undefined : name);
    setText(this.#of, of);
    this.#curve.show({
      summary,
      legend: [],
      draw: width => curvePicture(data, width),
      table: () => curveTable(data),
    });
  }

  /** The texts of the curve. @param tensor undefined: all of it */
  #curveTexts(tensor: string | undefined): { readonly of: string; readonly summary: string } {
    if (tensor !== undefined)
      return {
        of: l10n.t('of {0}', tensor),
        summary: l10n.t('Error by bits per weight of {0}', tensor),
      };
    if (this.#isShared)
      return {
        of: l10n.t('of the whole shared base vector'),
        summary: l10n.t('Error by bits per weight of the whole shared base vector'),
      };
    return {
      of: l10n.t('of the whole model'),
      summary: l10n.t('Error by bits per weight of the whole model'),
    };
  }
}
