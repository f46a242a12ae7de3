import type { BudgetRecipe, StudioSelection } from '../../extension/protocol/studio.ts';
import { DEFAULT_BUDGET } from '../../extension/shared/presets.ts';
import { INITIAL_COMPARE_STATE, type CompareState } from '../common/compareState.ts';
import type { StateStore } from '../common/state.ts';
import { INITIAL_MERGE_STATE, readMergeState, type MergeTabState } from './merge/mergeState.ts';
import { onlyStep, type Steps } from './model/history.ts';
import type { SlotColumn } from './model/slotRows.ts';
import type { Spending } from './model/spending.ts';

/** What a panel remembers while it is hidden and across a reload of the window. */
export interface StudioState extends CompareState {
  /** The host reads it when the window is reloaded. */
  readonly selection: StudioSelection | null;
  readonly tab: string;
  readonly merge: MergeTabState;
  readonly spending: Steps<Spending>;
  readonly search: string;
  readonly sort: SlotColumn;
  readonly descending: boolean;
  readonly topRow: number;
  /** The task that grids show; empty: all of them; `@shared`: what they share. */
  readonly task: string;
  /** The tensor whose curve is shown; empty: that of the whole model. */
  readonly tensor: string;
  /** Names of the charts that are shown as tables. */
  readonly tables: readonly string[];
}

export const INITIAL_SPENDING: Spending = { budget: DEFAULT_BUDGET, measure: 'auto', rules: [] };

/** The spending that a recipe describes. */
export const spendingOf = ({ budget, sensitivity, rules }: BudgetRecipe): Spending => ({
  budget,
  measure: sensitivity ?? 'auto',
  rules,
});

export const INITIAL_STATE: StudioState = {
  ...INITIAL_COMPARE_STATE,
  spending: onlyStep(INITIAL_SPENDING),
  selection: null,
  tab: 'bits',
  merge: INITIAL_MERGE_STATE,
  search: '',
  sort: 'tensor',
  descending: false,
  topRow: 0,
  task: '',
  tensor: '',
  tables: [],
};

/** The Merge tab's part of the state, whatever an older version stored there. */
export const mergeStore = (state: StateStore<StudioState>): StateStore<MergeTabState> => ({
  get: () => readMergeState(state.get().merge),
  update: change => state.update({ merge: { ...readMergeState(state.get().merge), ...change } }),
});
