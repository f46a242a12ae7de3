/** A page that has the Merge tab alone, as the Studio mounts it. */
import '../../../../../webview/common/base.css';
import type { StudioMergeHost, StudioMergePage } from '../../../../../extension/protocol.ts';
import { el } from '../../../../../webview/common/dom.ts';
import { connect } from '../../../../../webview/common/rpc.ts';
import { createStateStore } from '../../../../../webview/common/state.ts';
import { TruncationTip } from '../../../../../webview/common/truncationTip.ts';
import '../../../../../webview/common/vscodeApi.ts';
import { INITIAL_MERGE_STATE } from '../../../../../webview/studio/merge/mergeState.ts';
import { MergeTab } from '../../../../../webview/studio/merge/mergeTab.ts';
import './window.ts';
import { SELECTION } from './samples.ts';

const api = acquireVsCodeApi();
const state = createStateStore(api, INITIAL_MERGE_STATE);
const page: StudioMergePage = {
  mergeChanged: session => tab.mergeChanged(session),
  mergeProgress: progress => tab.mergeProgress(progress),
};
const tab: MergeTab = new MergeTab(connect<StudioMergeHost, StudioMergePage>(api, page), state, source => {
  const button = el('button', { text: '…', attributes: { 'aria-label': `Menu of ${source.title}` } });
  button.addEventListener('click', () => {
    const { columns, rows } = source.table();
    merging.menus.push({ picture: source.canvas()?.toDataURL() ?? '', columns, rows: rows.length });
  });
  return button;
});
new TruncationTip();
document.getElementById('app')?.append(tab.element);
tab.show(SELECTION);
