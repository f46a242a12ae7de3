import type { MockHost } from './mockHost.ts';
import type { ThemeName } from './themes.ts';

/** What a test can do to the page from outside, as `window.harness`. */
export interface Harness {
  readonly host: MockHost;
  setTheme(name: ThemeName): void;
  reload(): void;
}

declare global {
  var harness: Harness;
}
