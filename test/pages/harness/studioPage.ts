/** Stands in for VS Code around the Studio's page: theme, `acquireVsCodeApi`, and a host behind messages. */
import { createBirpc } from 'birpc';
import type { StudioHost, StudioPage } from '../../../extension/protocol/studio.ts';
import { serialize } from '../../../webview/common/rpc.ts';
import { MockStudioHost, type StudioScenario } from './mockStudioHost.ts';
import { MockMergeHost } from '../studio/merge/mockHost.ts';
import { setTheme } from './setTheme.ts';
import type { ThemeName } from './themes.ts';

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

const merges = new MockMergeHost('ready');
const answers = { ...methodsOf(merges), ...methodsOf(host) } as unknown as StudioHost;

const page = createBirpc<StudioPage, StudioHost>(answers, {
  // VS Code passes typed arrays unchanged.
  post: (message: unknown) => {
    window.dispatchEvent(new MessageEvent('message', { data: structuredClone(message) }));
  },
  on: receive => {
    toHost = receive;
  },
  eventNames: ['progress', 'stale', 'mergeChanged', 'mergeProgress'],
  serialize,
  bind: 'functions',
});
merges.page = {
  mergeChanged: session => void page.mergeChanged(session),
  mergeProgress: progress => void page.mergeProgress(progress),
};
host.onStale = names => void page.stale(names);
host.onProgress = progress => void page.progress(progress);

globalThis.acquireVsCodeApi = () => ({
  postMessage: message => setTimeout(() => toHost(structuredClone(message))),
  getState: () => JSON.parse(sessionStorage.getItem(STATE) ?? 'null') as unknown,
  setState: state => sessionStorage.setItem(STATE, JSON.stringify(state)),
});
Object.assign(globalThis, { studio: { host } });
setTheme((query.get('theme') ?? 'dark') as ThemeName);

/** A mock's methods as a plain object of functions. */
function methodsOf(mock: object): Record<string, unknown> {
  const prototype = Object.getPrototypeOf(mock) as Record<string, (...given: unknown[]) => unknown>;
  const names = Object.getOwnPropertyNames(prototype).filter(name => name !== 'constructor');
  return Object.fromEntries(names.map(name => [name, prototype[name]?.bind(mock)]));
}
