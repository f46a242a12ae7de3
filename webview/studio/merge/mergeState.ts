import type { OutputDtype, ParameterScalar } from '../../../extension/protocol/recipes.ts';
import type { Edits } from '../../../extension/shared/mergeParameters.ts';
import { ON_MISMATCH, type OnMismatch } from '../../../extension/shared/mismatch.ts';
import { dtypesOf } from '../../../extension/shared/outputForms.ts';
import { mergeState } from '../../common/state.ts';

/** What the weights of a folder can be written in: merges that are compared side by side are folders. */
export const FOLDER_DTYPES = dtypesOf('folder');

type Values = Readonly<Record<string, ParameterScalar>>;

/** Edits as stored in JSON. */
export interface StoredEdits {
  readonly shared: Values;
  readonly byTask: Readonly<Record<string, Values>>;
}

/** What the Merge tab remembers: its inputs, and how results are shown. The host keeps the results. */
export interface MergeTabState {
  /** Empty: the first one that fits. */
  readonly method: string;
  /** By method, so that returning to one restores its edits. */
  readonly edits: Readonly<Record<string, StoredEdits>>;
  /** Tasks left out of the merge. */
  readonly excluded: readonly string[];
  /** The parameter that the sliders set; empty: the first that can differ by task. */
  readonly slider: string;
  /** What to do with tensors that some model lacks or has in another shape. */
  readonly onMismatch: OnMismatch;
  /** In which the weights are written; empty: the base's. */
  readonly dtype: OutputDtype | '';
  readonly compare: boolean;
  /** The output folder; empty: what the host proposes. */
  readonly output: string;
  /** Folders of the merges to compare, at most two. */
  readonly selected: readonly string[];
  /** Groups of charts that are shown as tables. */
  readonly tables: readonly string[];
}

export const INITIAL_MERGE_STATE: MergeTabState = {
  method: '',
  edits: {},
  excluded: [],
  slider: '',
  onMismatch: 'error',
  dtype: '',
  compare: false,
  output: '',
  selected: [],
  tables: [],
};

/** The state from what was stored, by this version or by another. */
export function readMergeState(stored: unknown): MergeTabState {
  const state = mergeState(INITIAL_MERGE_STATE, stored);
  return {
    ...state,
    edits: isRecord(state.edits) ? state.edits : {},
    onMismatch: ON_MISMATCH.find(({ name }) => name === state.onMismatch)?.name ?? 'error',
    dtype: FOLDER_DTYPES.find(({ name }) => name === state.dtype)?.name ?? '',
    excluded: textsOf(state.excluded),
    selected: textsOf(state.selected),
    tables: textsOf(state.tables),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];

export function editsOf(stored: StoredEdits | undefined): Edits {
  const { shared, byTask } = stored ?? {};
  const tasks = isRecord(byTask) ? Object.entries(byTask).filter(([, values]) => isRecord(values)) : [];
  return { shared: isRecord(shared) ? shared : {}, byInput: new Map(tasks) };
}

export const storedEdits = ({ shared, byInput }: Edits): StoredEdits => ({
  shared,
  byTask: Object.fromEntries(byInput),
});
