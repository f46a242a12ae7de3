import type { MockHost } from './mockHost.ts';

/** What a test can do to the page from outside, as `window.harness`. */
export interface Harness {
  readonly host: MockHost;
  reload(): void;
}

declare global {
  var harness: Harness;
}
