/** Stands in for VS Code around the Merge tab: theme, `acquireVsCodeApi`, and a host behind JSON messages. */
import { createBirpc } from 'birpc';
import type { StudioMergeHost, StudioMergePage } from '../../../../extension/protocol/merge.ts';
import { serialize } from '../../../../webview/common/rpc.ts';
import { setTheme } from '../../harness/setTheme.ts';
import type { ThemeName } from '../../harness/themes.ts';
import { MockMergeHost } from './mockHost.ts';
import './window.ts';

const STATE = 'state';
const query = new URLSearchParams(location.search);
const host = new MockMergeHost(query.get('scenario') ?? 'ready');
let toHost: (message: unknown) => void = () => {};

host.page = createBirpc<StudioMergePage, StudioMergeHost>(host, {
  // VS Code sends messages to webviews as JSON.
  post: message => {
    const data: unknown = JSON.parse(JSON.stringify(message));
    window.dispatchEvent(new MessageEvent('message', { data }));
  },
  on: receive => {
    toHost = receive;
  },
  serialize,
  bind: 'functions',
  eventNames: ['mergeChanged', 'mergeProgress'],
});

globalThis.acquireVsCodeApi = () => ({
  postMessage: message => setTimeout(() => toHost(JSON.parse(JSON.stringify(message)))),
  getState: () => JSON.parse(sessionStorage.getItem(STATE) ?? 'null') as unknown,
  setState: state => sessionStorage.setItem(STATE, JSON.stringify(state)),
});
globalThis.merging = { host };
setTheme((query.get('theme') ?? 'dark') as ThemeName);
