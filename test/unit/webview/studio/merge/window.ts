import type { ThemeName } from '../../harness/themes.ts';
import type { MockMergeHost } from './mockHost.ts';

declare global {
  /** What a test does to the page from outside. */
  var merging: {
    readonly host: MockMergeHost;
    /** What menus of charts were offered. */
    readonly menus: { picture: string; columns: readonly string[]; rows: number }[];
    setTheme(name: ThemeName): void;
  };
}
