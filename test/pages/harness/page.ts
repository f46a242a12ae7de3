/** Stands in for VS Code in a plain page: theme, `acquireVsCodeApi`, and a host behind JSON messages. */
import { createBirpc } from 'birpc';
import type { InspectorHost, InspectorPage } from '../../../extension/protocol/inspector.ts';
import { serialize } from '../../../webview/common/rpc.ts';
import { MockHost, type Scenario } from './mockHost.ts';
import { setTheme } from './setTheme.ts';
import type { ThemeName } from './themes.ts';
import './window.ts';

const STATE = 'state';
const query = new URLSearchParams(location.search);

const host = new MockHost(Number(query.get('rows') ?? 5000), (query.get('scenario') ?? 'ready') as Scenario);
let toHost: (message: unknown) => void = () => {};

const page = createBirpc<InspectorPage, InspectorHost>(host, {
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
});

host.onProgress = (work, progress) => void page.progress(work, progress);

globalThis.acquireVsCodeApi = () => ({
  postMessage: message => setTimeout(() => toHost(structuredClone(message))),
  getState: () => JSON.parse(sessionStorage.getItem(STATE) ?? 'null') as unknown,
  setState: state => sessionStorage.setItem(STATE, JSON.stringify(state)),
});
globalThis.harness = { host, reload: () => void page.reload() };
setTheme((query.get('theme') ?? 'dark') as ThemeName);
