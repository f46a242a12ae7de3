import type { TensorColumn } from '../../extension/protocol.ts';

/** What the inspector remembers of one file's page. */
export interface InspectorState {
  readonly search: string;
  readonly sort: TensorColumn;
  readonly descending: boolean;
  /** Topmost row of the tensor table, with the fraction of it that is scrolled away. */
  readonly topRow: number;
  /** How far the page itself is scrolled, where panes are stacked. */
  readonly pageTop: number;
  readonly groupsAsTable: boolean;
}

/** A page that is opened for the first time. */
export const INITIAL_STATE: InspectorState = {
  search: '',
  sort: 'tensor',
  descending: false,
  topRow: 0,
  pageTop: 0,
  groupsAsTable: false,
};
