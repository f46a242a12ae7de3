import type { WebviewApi } from './vscodeApi.ts';

/** There is no unload event in a webview: what is not saved shortly after a change is lost. */
const SAVE_DELAY_MS = 150;

/** What a page remembers while it is hidden and across a reload of the window. */
export interface StateStore<State> {
  get(): State;
  update(change: Partial<State>): void;
}

/** Merges stored values over the defaults; values of another type, from an older version, are dropped. */
export function mergeState<State extends object>(defaults: State, stored: unknown): State {
  if (typeof stored !== 'object' || stored === null) return defaults;
  const merged = { ...defaults };
  for (const key of Object.keys(defaults) as (keyof State & string)[]) {
    const value = (stored as Partial<Record<string, unknown>>)[key];
    if (typeof value === typeof defaults[key]) merged[key] = value as State[typeof key];
  }
  return merged;
}

/** A store over `getState`/`setState` that saves a moment after the last change, and at once when hidden. */
export function createStateStore<State extends object>(api: WebviewApi, defaults: State): StateStore<State> {
  let state = mergeState(defaults, api.getState());
  let timer: number | undefined;
  const save = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    api.setState(state);
  };
  window.addEventListener('pagehide', save);
  document.addEventListener('visibilitychange', save);
  return {
    get: () => state,
    update(change) {
      state = { ...state, ...change };
      clearTimeout(timer);
      timer = window.setTimeout(save, SAVE_DELAY_MS);
    },
  };
}
