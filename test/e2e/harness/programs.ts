import type { CodeServer } from '../../provision/find.mjs';

export interface Programs {
  readonly chromium: string;
  readonly program: CodeServer;
}
