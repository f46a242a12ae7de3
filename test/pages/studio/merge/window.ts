import type { ThemeName } from '../../harness/themes.ts';
import type { MockMergeHost } from './mockHost.ts';

declare global {
  /** What a test can do to the page from outside. */
  var merging: {
    readonly host: MockMergeHost;
    setTheme(name: ThemeName): void;
  };
}
