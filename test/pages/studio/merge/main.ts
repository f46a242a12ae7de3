/** A page with only the Merge tab, mounted as in the Studio. */
import '../../../../webview/common/l10n.ts';
import '../../../../webview/common/base.css';
import type { StudioMergeHost, StudioMergePage } from '../../../../extension/protocol/merge.ts';
import { exportMenu } from '../../../../webview/common/chartExport.ts';
import { connect } from '../../../../webview/common/rpc.ts';
import { createStateStore } from '../../../../webview/common/state.ts';
import { Notice } from '../../../../webview/common/states.ts';
import { TruncationTip } from '../../../../webview/common/truncationTip.ts';
import '../../../../webview/common/vscodeApi.ts';
import { INITIAL_MERGE_STATE } from '../../../../webview/studio/merge/mergeState.ts';
import { MergeTab } from '../../../../webview/studio/merge/mergeTab.ts';
import { SELECTION, SELECTIONS } from './samples.ts';

const api = acquireVsCodeApi();
const state = createStateStore(api, INITIAL_MERGE_STATE);
const page: StudioMergePage = {
  mergeChanged: session => tab.mergeChanged(session),
  mergeProgress: progress => tab.mergeProgress(progress),
};
const host = connect<StudioMergeHost, StudioMergePage>(api, page);
const notice = new Notice();
const tab: MergeTab = new MergeTab(host, state, source => exportMenu({ host, notice }, source));
new TruncationTip();
document.getElementById('app')?.append(notice.element, tab.element);
tab.show(SELECTIONS[new URLSearchParams(location.search).get('scenario') ?? ''] ?? SELECTION);
