import * as l10n from '@vscode/l10n';
import type { Progress } from '../../../extension/protocol/results.ts';
import { parseBudget } from '../../../extension/shared/allocation/index.ts';
import { ProgressPane } from '../../common/progressPane.ts';
import { tellFailure, type StudioContext } from '../context.ts';
import { AllocationModel, type Spent } from '../model/allocation.ts';
import { relativeSensitivity } from '../model/cells.ts';
import { gridOf, type Grid } from '../model/grid.ts';
import type { StudioModel } from '../model/studioModel.ts';

/** What the tab shows: the task vectors, or the vector that they share. */
export type Subject = Pick<StudioModel, 'allocation' | 'grid' | 'sensitivity' | 'spent'>;

/** The spending assumed for its tensors, as no budget covers them yet. */
const SPENT = parseBudget('codes=2bpw');

/** The shared base vector of RTVQ, the mean of the task vectors: measured on first use. */
export class SharedBase {
  #known: { readonly allocation: AllocationModel; readonly grid: Grid | undefined } | undefined;
  #pane: ProgressPane | undefined;

  constructor(private readonly context: StudioContext) {}

  /** Discards everything, for other models. */
  forget(): void {
    this.#known = undefined;
  }

  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  /** Measures it, with progress in `holder`. @returns whether it is known now */
  async measure(holder: HTMLElement): Promise<boolean> {
    const { host } = this.context;
    this.#pane = new ProgressPane(l10n.t('Measuring the shared base vector'), () => void host.cancel());
    holder.replaceChildren(this.#pane.element);
    try {
      const table = await host.analyzeShared();
      if (table) this.#known = { allocation: new AllocationModel(table), grid: gridOf(table) };
    } catch (error) {
      tellFailure(this.context, l10n.t('The shared base vector was not measured.'), error);
    } finally {
      this.#pane = undefined;
      holder.replaceChildren();
    }
    return this.isKnown;
  }

  progress(progress: Progress): void {
    this.#pane?.update(progress);
  }

  /** With errors weighted as the budget does. */
  subject({ spending, budget }: Pick<StudioModel, 'spending' | 'budget'>): Subject | undefined {
    if (!this.#known) return undefined;
    const { allocation, grid } = this.#known;
    allocation.set(spending.measure, budget.kind, []);
    const spent: Spent = allocation.spend(SPENT);
    return { allocation, grid, sensitivity: relativeSensitivity(allocation), spent };
  }
}
