import * as l10n from '@vscode/l10n';
import type { StudioHost } from '../../extension/protocol/studio.ts';
import { errorMessage } from '../common/rpc.ts';
import type { StateStore } from '../common/state.ts';
import type { Notice } from '../common/states.ts';
import type { TruncationTip } from '../common/truncationTip.ts';
import type { StudioState } from './studioState.ts';

/** What all parts of the page share; charts export through it. */
export interface StudioContext {
  readonly host: StudioHost;
  readonly state: StateStore<StudioState>;
  readonly tip: TruncationTip;
  readonly notice: Notice;
}

/** Reports a failure that does not affect the rest. */
export function tellFailure({ notice }: StudioContext, what: string, error: unknown): void {
  notice.show(`${what} ${errorMessage(error)}`, l10n.t('Dismiss'), () => undefined);
}
