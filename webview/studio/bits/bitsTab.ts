import * as l10n from '@vscode/l10n';
import './bitsTab.css';
import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import type { Progress } from '../../../extension/protocol/results.ts';
import type { StudioMark } from '../../../extension/protocol/studio.ts';
import { tableState } from '../../common/chartFrame.ts';
import { el } from '../../common/dom.ts';
import { formatBitsPerWeight } from '../../common/format.ts';
import type { StudioContext } from '../context.ts';
import { HeatGrid, type HeatPick } from '../heatGrid.ts';
import type { CellMark, HeatScale } from '../heatPicture.ts';
import { bitsByCell, slotsByTensor } from '../model/cells.ts';
import type { Grid } from '../model/grid.ts';
import { withWish, type Target } from '../model/rules.ts';
import type { SlotRow } from '../model/slotRows.ts';
import type { Change, StudioModel } from '../model/studioModel.ts';
import { TaskSelect } from '../taskSelect.ts';
import { Actions } from './actions.ts';
import { BudgetBar } from './budgetBar.ts';
import { BudgetCurve } from './budgetCurve.ts';
import { LayerBars } from './layerBars.ts';
import { openPinMenu } from './pinMenu.ts';
import { RuleList } from './ruleList.ts';
import { SlotTable } from './slotTable.ts';

/** From half a bit to eight, each step a doubling. */
const BITS_SCALE: HeatScale = {
  level: bits => (Math.log2(bits) + 1) / 4,
  format: bits => l10n.t('{0} bits', formatBitsPerWeight(bits)),
  low: l10n.t('0.5 bits'),
  high: '8',
};

/** The budget, and how much of it every tensor gets. */
export class BitsTab {
  readonly element: HTMLElement;
  readonly #model: () => StudioModel;
  readonly #bar: BudgetBar;
  readonly #curve: BudgetCurve;
  readonly #layers: LayerBars;
  readonly #heat: HeatGrid;
  readonly #tasks: TaskSelect;
  readonly #rules: RuleList;
  readonly #table: SlotTable;
  readonly #actions: Actions;
  #slots: readonly number[][] = [];
  #marks: readonly CellMark[] = [];

  constructor(context: StudioContext, model: () => StudioModel) {
    this.#model = model;
    this.#bar = new BudgetBar(model);
    this.#curve = new BudgetCurve(context, model);
    this.#layers = new LayerBars(context, model);
    this.#tasks = new TaskSelect(context, () => this.#showGrid(true));
    this.#heat = new HeatGrid(
      {
        ...tableState(context.state, 'bits-by-layer', l10n.t('Bits by layer')),
        exports: context,
        id: 'tvq-bits-grid',
        label: l10n.t('Bits by layer: Enter on a cell, a name or a layer sets its bits'),
        scale: BITS_SCALE,
        legend: [l10n.t('◆ pinned'), l10n.t('■ exact'), l10n.t('▴ floor')],
        onPick: pick => this.#pick(pick),
      },
      this.#tasks.element,
    );
    this.#rules = new RuleList(model);
    this.#table = new SlotTable(context, model, (row, at) => this.#pinRow(row, at));
    this.#actions = new Actions(context, model);
    const figures = el('div', { class: 'figures' }, this.#curve.element, this.#layers.element);
    const scroll = el(
      'div',
      { class: 'tab-scroll' },
      this.#bar.element,
      figures,
      this.#heat.element,
      this.#rules.element,
      this.#table.element,
    );
    this.element = el('div', { class: 'bits-tab' }, scroll, this.#actions.element);
  }

  setModel(): void {
    this.#heat.setGrid(this.#model().grid);
    this.#tasks.setTasks(this.#model().allocation.table.tasks);
    this.#rules.setModel();
    this.#table.setModel();
  }

  setMarks(marks: readonly StudioMark[]): void {
    this.#curve.setMarks(marks);
  }

  show({ wishes }: Change): void {
    this.#bar.show();
    this.#curve.show(wishes);
    this.#layers.show(wishes);
    this.#showGrid(wishes);
    if (wishes) this.#rules.show();
    this.#table.show();
    this.#actions.show();
  }

  progress(progress: Progress): void {
    this.#actions.progress(progress);
  }

  #showGrid(wishes: boolean): void {
    const model = this.#model();
    const { grid, allocation, spent } = model;
    if (grid === undefined) return;
    if (wishes) {
      this.#slots = slotsByTensor(allocation, this.#tasks.selected);
      this.#marks = marksOf(model, grid, this.#slots);
    }
    this.#heat.show(bitsByCell(allocation, grid, this.#slots, spent), this.#marks);
  }

  /** Picks a cell, or a whole row or column, of the shown task. */
  #pick({ row, column, at }: HeatPick): void {
    const { grid, allocation } = this.#model();
    const role = grid?.roles[row];
    const tensor = role?.tensors[column];
    const patterns =
      row < 0
        ? column < 0
          ? ['*']
          : (grid?.patterns[column] ?? [])
        : column < 0
          ? [role?.pattern ?? '']
          : [allocation.table.tensors[tensor ?? -1]?.name ?? ''];
    const slot = tensor === undefined ? undefined : this.#slots[tensor]?.[0];
    const wish = slot === undefined ? {} : (allocation.wishes[slot] ?? {});
    const task = this.#tasks.name;
    this.#ask(
      patterns.map(tensors => ({ tensors, task })),
      at,
      wish,
    );
  }

  #pinRow({ tensor, task, wish }: SlotRow, at: DOMRect): void {
    this.#ask([{ tensors: tensor, task }], at, wish);
  }

  #ask(targets: readonly Target[], at: DOMRect, wish: Pick<TensorRule, 'bits' | 'min'>): void {
    const title = targets.map(({ tensors, task }) => (task === undefined ? tensors : `${task}: ${tensors}`));
    openPinMenu(title.join(', '), at, wish, wanted => {
      const { spending } = this.#model();
      this.#model().change({ rules: withWish(spending.rules, targets, wanted) });
    });
  }
}

/** The strongest wish in each cell. */
function marksOf({ allocation }: StudioModel, grid: Grid, slots: readonly (readonly number[])[]): CellMark[] {
  return grid.roles.flatMap(({ tensors }) =>
    Array.from(tensors, (tensor): CellMark => {
      const wishes = (slots[tensor] ?? []).map(slot => allocation.wishes[slot] ?? {});
      if (wishes.some(({ bits }) => bits === 'exact')) return 'exact';
      if (wishes.some(({ bits }) => typeof bits === 'number')) return 'pinned';
      return wishes.some(({ min = 0 }) => min > 0) ? 'floored' : undefined;
    }),
  );
}
