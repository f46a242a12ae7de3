import type { StudioHost } from '../../extension/protocol.ts';
import { csv } from '../../extension/shared/csv.ts';
import type { FigureFile } from '../common/figure.ts';
import { errorMessage } from '../common/rpc.ts';
import type { StateStore } from '../common/state.ts';
import type { Notice } from '../common/states.ts';
import type { TruncationTip } from '../common/truncationTip.ts';
import type { StudioState } from './studioState.ts';

/** What all parts of the page share. */
export interface StudioContext {
  readonly host: StudioHost;
  readonly state: StateStore<StudioState>;
  readonly tip: TruncationTip;
  readonly notice: Notice;
}

/** Says that something failed that leaves the rest as it is. */
export function tellFailure({ notice }: StudioContext, what: string, error: unknown): void {
  notice.show(`${what} ${errorMessage(error)}`, 'Dismiss', () => undefined);
}

/** Saves a file of a figure through the host. */
export function saveFigure(context: StudioContext, name: string, file: FigureFile): void {
  const content = file.extension === 'csv' ? csv([file.content.columns, ...file.content.rows]) : file.content;
  context.host
    .save({ name, extension: file.extension, content })
    .catch((error: unknown) => tellFailure(context, 'Nothing was saved.', error));
}

/** What figures need for their menus. */
export const figureMenu = (context: StudioContext) => ({
  onSave: (name: string, file: FigureFile) => saveFigure(context, name, file),
  onFail: (error: unknown) => tellFailure(context, 'The chart was not copied.', error),
});
