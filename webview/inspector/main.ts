/** The page of the .tvq editor: asks the host for the file and shows it, or says why it cannot. */
import '../common/l10n.ts';
import '../common/base.css';
import './inspector.css';
import * as l10n from '@vscode/l10n';
import type { InspectorHost, InspectorPage } from '../../extension/protocol/inspector.ts';
import { connect, errorMessage } from '../common/rpc.ts';
import { createStateStore } from '../common/state.ts';
import { errorPane, skeleton } from '../common/states.ts';
import { TruncationTip } from '../common/truncationTip.ts';
import '../common/vscodeApi.ts';
import { INITIAL_STATE } from './inspectorState.ts';
import { InspectorView } from './inspectorView.ts';

const app = document.getElementById('app');
if (app === null) throw new Error('the page has no #app');

const api = acquireVsCodeApi();
const state = createStateStore(api, INITIAL_STATE);
const host = connect<InspectorHost, InspectorPage>(api, {
  reload: () => void load(),
  progress: (work, progress) => view.progress(work, progress),
});
const view = new InspectorView(host, state, new TruncationTip());
let loads = 0;

/** The outline of the page to come: header line, read-outs, byte bar, legend, and rows. */
const SKELETON = [
  [24],
  [12, 12, 12, 16],
  [100],
  [36],
  [30],
  ...Array.from({ length: 8 }, () => [34, 8, 10, 8]),
];

/** Reads the file; what is already shown stays until the answer arrives. */
async function load(): Promise<void> {
  const current = ++loads;
  const wasShown = view.element.isConnected;
  if (!wasShown) app?.replaceChildren(skeleton(l10n.t('Reading the header of the file'), SKELETON));
  try {
    const opened = await host.open();
    if (current !== loads) return;
    if (!wasShown) app?.replaceChildren(view.element);
    await view.show(opened);
    if (!wasShown) document.documentElement.scrollTop = state.get().pageTop;
  } catch (error) {
    if (current !== loads) return;
    const pane = errorPane({
      what: l10n.t('This file cannot be shown'),
      why: errorMessage(error),
      remedy: l10n.t('Nothing in the file was changed. Once the cause is removed, retry.'),
      action: l10n.t('Retry'),
      onAction: () => void load(),
      testid: 'tvq-error',
    });
    app?.replaceChildren(pane);
  }
}

document.addEventListener('scroll', () => {
  if (view.element.isConnected) state.update({ pageTop: document.documentElement.scrollTop });
});
void load();
