import type { TensorColumn } from '../../extension/protocol.ts';
import type { BytesBy } from './bytesChart.ts';
import type { MapOf } from './tensorCharts.ts';
import type { MatrixOf } from './taskMatrix.ts';

/** What the inspector remembers of one file's page. */
export interface InspectorState {
  readonly search: string;
  readonly sort: TensorColumn;
  readonly descending: boolean;
  /** Topmost row of the tensor table, with the fraction of it that is scrolled away. */
  readonly topRow: number;
  /** How far the page itself is scrolled, where panes are stacked. */
  readonly pageTop: number;
  readonly tab: InspectorTab;
  readonly bytesBy: BytesBy;
  /** The tensor whose detail is shown, and its vector; empty before one was chosen. */
  readonly tensor: string;
  readonly vector: string;
  readonly mapOf: MapOf;
  readonly matrixOf: MatrixOf;
  /** The two tasks that are compared; empty: the first two. */
  readonly firstTask: string;
  readonly secondTask: string;
  /** Titles of the charts that are shown as tables. */
  readonly tables: readonly string[];
}

/** What stands beside the table of tensors. */
export type InspectorTab = 'overview' | 'tensor' | 'tasks';

/** A page that is opened for the first time. */
export const INITIAL_STATE: InspectorState = {
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
  matrixOf: 'cosines',
  firstTask: '',
  secondTask: '',
  tables: [],
};
