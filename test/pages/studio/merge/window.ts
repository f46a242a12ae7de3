import type { MockMergeHost } from './mockHost.ts';

declare global {
  /** What a test can do to the page from outside. */
  var merging: {
    readonly host: MockMergeHost;
  };
}
