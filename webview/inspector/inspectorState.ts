import type { TensorColumn } from '../../extension/protocol/tensors.ts';
import type { BytesBy } from './bytesChart.ts';
import type { MapOf } from './tensorCharts.ts';
import { INITIAL_COMPARE_STATE, type CompareState } from '../common/compareState.ts';

/** What the inspector remembers about one file's page. */
export interface InspectorState extends CompareState {
  readonly search: string;
  readonly sort: TensorColumn;
  readonly descending: boolean;
  /** Topmost row of the tensor table, with the fraction of it that is scrolled away. */
  readonly topRow: number;
  /** How far the page itself is scrolled, where panes are stacked. */
  readonly pageTop: number;
  readonly tab: string;
  readonly bytesBy: BytesBy;
  /** The tensor whose detail is shown, and its vector; empty until one is selected. */
  readonly tensor: string;
  readonly vector: string;
  readonly mapOf: MapOf;
  /** Names of the charts that are shown as tables. */
  readonly tables: readonly string[];
}

/** The tabs beside the table of tensors. */
/** A page that is opened for the first time. */
export const INITIAL_STATE: InspectorState = {
  ...INITIAL_COMPARE_STATE,
  search: '',
  sort: 'tensor',
  descending: false,
  topRow: 0,
  pageTop: 0,
  tab: 'overview',
  bytesBy: 'kind',
  tensor: '',
  vector: '',
  mapOf: 'mean',
  tables: [],
};
