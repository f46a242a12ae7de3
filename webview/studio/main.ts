/** The Studio's page: asks for models, has them measured, and shows how many bits they need. */
import '../common/l10n.ts';
import '../common/base.css';
import './studio.css';
import * as l10n from '@vscode/l10n';
import type { StudioHost, StudioPage, StudioSelection } from '../../extension/protocol/studio.ts';
import { el } from '../common/dom.ts';
import { connect, errorMessage } from '../common/rpc.ts';
import { createStateStore } from '../common/state.ts';
import { emptyPane, errorPane, Notice, skeleton } from '../common/states.ts';
import { TruncationTip } from '../common/truncationTip.ts';
import '../common/vscodeApi.ts';
import { onlyStep } from './model/history.ts';
import { ProgressLine } from './progressLine.ts';
import { INITIAL_STATE, spendingOf } from './studioState.ts';
import { StudioView } from './studioView.ts';

const app = document.getElementById('app');
if (app === null) throw new Error('the page has no #app');

const api = acquireVsCodeApi();
const state = createStateStore(api, INITIAL_STATE);
const host = connect<StudioHost, StudioPage>(api, {
  progress: progress => {
    measuring.update(progress);
    view.progress(progress);
  },
  stale: names => view.stale(names, () => void load()),
  mergeChanged: session => view.merging.mergeChanged(session),
  mergeProgress: progress => view.merging.mergeProgress(progress),
});
const notice = new Notice();
const context = { host, state, tip: new TruncationTip(), notice };
const measuring = new ProgressLine(() => void host.cancel());
const view = new StudioView(context, () => void choose());
let loads = 0;

/** The outline of the page to come: header, tabs, read-outs, two figures, a grid. */
const SKELETON = [[40], [8, 8], [12, 12, 12, 12], [48, 48], ...Array.from({ length: 8 }, () => [10, 88])];

async function load(): Promise<void> {
  const current = ++loads;
  try {
    const selection = await host.open();
    if (current !== loads) return;
    if (selection === undefined) return showEmpty();
    await measure(selection, current);
  } catch (error) {
    if (current === loads) showFailure(error);
  }
}

async function measure(selection: StudioSelection, current: number): Promise<void> {
  remember(selection);
  const names = selection.tasks.map(({ name }) => name).join(', ');
  app?.replaceChildren(
    el(
      'div',
      { class: 'measuring', testid: 'tvq-measuring' },
      el('h1', { text: selection.base.name }),
      el('p', { class: 'quiet', text: l10n.t('Measuring what bits cost each tensor of {0}', names) }),
      measuring.element,
      skeleton(l10n.t('Measuring the task vectors'), SKELETON),
    ),
  );
  measuring.start(l10n.t('Measuring'));
  const table = await host.analyze();
  measuring.stop();
  if (current !== loads) return;
  if (table === undefined) return showCancelled();
  if (table.slots.end.length === 0)
    throw new Error(l10n.t('No tensor of these task vectors has bits to choose.'));
  app?.replaceChildren(view.element);
  view.show(selection, table);
}

/** For other models, wishes for single tensors mean nothing, and a file brings its own wishes. */
function remember(selection: StudioSelection): void {
  const isSame = JSON.stringify(state.get().selection) === JSON.stringify(selection);
  if (isSame) return;
  const { now } = state.get().spending;
  const spending = onlyStep(selection.start ? spendingOf(selection.start) : { ...now, rules: [] });
  state.update({ selection, spending, task: '', tensor: '' });
  notice.hide();
  if (selection.note) notice.show(selection.note, l10n.t('Dismiss'), () => undefined);
}

async function choose(): Promise<void> {
  try {
    if ((await host.choose()) !== undefined) await load();
  } catch (error) {
    showFailure(error);
  }
}

function showEmpty(): void {
  const hint = l10n.t('A base model, and the checkpoints that were fine-tuned from it.');
  app?.replaceChildren(
    emptyPane(l10n.t('No models are chosen'), hint, l10n.t('Choose models…'), () => void choose()),
  );
}

function showCancelled(): void {
  const hint = l10n.t('Nothing was written. Measuring reads every checkpoint once.');
  app?.replaceChildren(
    emptyPane(l10n.t('Measuring was cancelled'), hint, l10n.t('Measure'), () => void load()),
  );
}

function showFailure(error: unknown): void {
  const pane = errorPane({
    what: l10n.t('These models cannot be measured'),
    why: errorMessage(error),
    remedy: l10n.t(
      'Nothing was written. Once the cause is removed, retry, or choose other models from the palette.',
    ),
    action: l10n.t('Retry'),
    onAction: () => void load(),
    testid: 'tvq-error',
  });
  app?.replaceChildren(pane);
}

void load();
