import { CancellationTokenSource, type CancellationToken } from 'vscode-jsonrpc/node';
import { Disposable } from '../disposable.ts';
import { CancelledError } from '../engineErrors.ts';

/** Long work that a page started: one at a time of each kind, ended by the page, the next of its kind, or with the
 * page. */
export class PageWork<Kind extends string> extends Disposable {
  private readonly running = new Map<Kind, CancellationTokenSource>();

  /** Resolves to undefined as soon as the work is cancelled, even if it is still waiting for its turn. */
  async run<T>(kind: Kind, work: (token: CancellationToken) => Promise<T>): Promise<T | undefined> {
    this.cancel(kind);
    const source = new CancellationTokenSource();
    this.running.set(kind, source);
    const cancelled = new Promise<undefined>(resolve => {
      source.token.onCancellationRequested(() => resolve(undefined));
    });
    const done = work(source.token).catch((error: unknown) => {
      if (error instanceof CancelledError || source.token.isCancellationRequested) return undefined;
      throw error;
    });
    try {
      return await Promise.race([done, cancelled]);
    } finally {
      if (this.running.get(kind) === source) this.running.delete(kind);
    }
  }

  cancel(kind: Kind): void {
    this.running.get(kind)?.cancel();
    this.running.delete(kind);
  }

  override dispose(): void {
    for (const kind of [...this.running.keys()]) this.cancel(kind);
    super.dispose();
  }
}
