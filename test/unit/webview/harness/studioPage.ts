/** Stands in for VS Code around the Studio's page: theme, `acquireVsCodeApi`, and a host behind messages. */
import { createBirpc } from 'birpc';
import type { StudioHost, StudioPage } from '../../../../extension/protocol.ts';
import { serialize } from '../../../../webview/common/rpc.ts';
import { MockStudioHost, type StudioScenario } from './mockStudioHost.ts';
import { themeSetter, type ThemeName } from './themes.ts';

const STATE = 'state';
const query = new URLSearchParams(location.search);
const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise);

const host = new MockStudioHost(
  {
    tensors: number('tensors', 226),
    tasks: number('tasks', 8),
    unit: number('unit', 1024),
    layered: !query.has('flat'),
  },
  (query.get('scenario') ?? 'ready') as StudioScenario,
);
let toHost: (message: unknown) => void = () => {};

const page = createBirpc<StudioPage, StudioHost>(host, {
  // VS Code carries typed arrays as they are.
  post: (message: unknown) => {
    window.dispatchEvent(new MessageEvent('message', { data: structuredClone(message) }));
  },
  on: receive => {
    toHost = receive;
  },
  eventNames: ['progress'],
  serialize,
  bind: 'functions',
});
host.onProgress = progress => void page.progress(progress);

globalThis.acquireVsCodeApi = () => ({
  postMessage: message => setTimeout(() => toHost(structuredClone(message))),
  getState: () => JSON.parse(sessionStorage.getItem(STATE) ?? 'null') as unknown,
  setState: state => sessionStorage.setItem(STATE, JSON.stringify(state)),
});
const setTheme = themeSetter(query.has('still'));
Object.assign(globalThis, { studio: { host, setTheme } });
setTheme((query.get('theme') ?? 'dark') as ThemeName);
