/** Runs long jobs one after another, with a cancellable notification and the status bar. */
import { CancellationTokenSource, l10n, type CancellationToken } from 'vscode';
import type { RunOptions } from '../protocol/recipes.ts';
import type { Progress } from '../protocol/results.ts';
import type { Engine, RequestHooks } from './engineClient.ts';
import { CancelledError } from './engineErrors.ts';
import { readRunOptions } from './settings.ts';
import { withProgress } from './ui/notify.ts';
import type { StatusBar } from './views/statusBar.ts';

/** Tensor names can have 80 characters; their ends distinguish them. */
const NAME_CHARACTERS = 44;

/** A job's request to the engine. */
export type Work<T> = (engine: Engine, options: RunOptions, hooks: RequestHooks) => Promise<T>;

export class JobRunner {
  /** Settles when the last job ends: two jobs at once would use twice the memory that the user granted. */
  private last: Promise<unknown> = Promise.resolve();
  private running = false;
  /** The setting for which the running engine was asked. */
  private learnt: RunOptions['backend'] | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly status: StatusBar,
    /** A folder for the engine's measurements. */
    private readonly cache: string,
  ) {}

  /**
   * Rejects with what `work` rejects with; with CancelledError when cancelled.
   * @param cancel cancels too, besides the notification's own button
   */
  async run<T>(title: string, work: Work<T>, cancel?: CancellationToken): Promise<T> {
    return withProgress(title, (report, button) => {
      const token = either(button, cancel);
      let percent = 0;
      const onProgress = (progress: Progress) => {
        const now = Math.max(percent, percentOf(progress));
        const { current } = progress;
        const message = current === '' ? `${now} %` : `${now} % · ${shorten(current)}`;
        report({ increment: now - percent, message });
        percent = now;
      };
      if (this.running) report({ message: l10n.t('waiting for another job') });
      return this.follow(title, work, { token, onProgress });
    });
  }

  /** Like `run`, for a page that shows the progress itself. */
  async follow<T>(title: string, work: Work<T>, hooks: RequestHooks): Promise<T> {
    let percent = 0;
    const report = (progress: Progress) => {
      percent = Math.max(percent, percentOf(progress));
      this.status.showJob(title, percent);
      hooks.onProgress(progress);
    };
    const reporting = { token: hooks.token, onProgress: report };
    const job = this.last.then(() => this.start(title, work, reporting));
    this.last = job.catch(() => undefined);
    return job;
  }

  /** To be called when the engine ended: the next one may choose another backend. */
  engineStopped(): void {
    this.learnt = undefined;
    this.status.showBackend(undefined);
  }

  private async start<T>(title: string, work: Work<T>, hooks: RequestHooks): Promise<T> {
    if (hooks.token.isCancellationRequested) throw new CancelledError();
    const options = { ...readRunOptions(), cache: this.cache };
    this.running = true;
    this.status.showJob(title, 0);
    try {
      await this.learnBackend(options, hooks);
      const result = await work(this.engine, options, hooks);
      if (hasBackend(result))
        this.status.showBackend({ chosen: result.backend, reason: result.backendReason });
      return result;
    } finally {
      this.running = false;
      this.status.endJob();
    }
  }

  /** Testing a GPU takes a moment, so the engine is asked only once, and again if the setting changes. */
  private async learnBackend(options: RunOptions, { token }: RequestHooks): Promise<void> {
    if (this.learnt === options.backend) return;
    this.status.showBackend(await this.engine.devices(null, options, { token }));
    this.learnt = options.backend;
  }
}

/** Cancelled when either of the two is. */
function either(one: CancellationToken, other: CancellationToken | undefined): CancellationToken {
  if (other === undefined) return one;
  const source = new CancellationTokenSource();
  for (const token of [one, other]) {
    if (token.isCancellationRequested) source.cancel();
    token.onCancellationRequested(() => source.cancel());
  }
  return source.token;
}

/** What a job really ran on: it differs from the choice if the engine had to be restarted. */
function hasBackend(result: unknown): result is { backend: 'cpu' | 'webgpu'; backendReason: string } {
  return typeof result === 'object' && result !== null && 'backend' in result && 'backendReason' in result;
}

const percentOf = ({ done, total }: Progress): number => (total > 0 ? Math.floor((100 * done) / total) : 0);

function shorten(name: string): string {
  return name.length <= NAME_CHARACTERS ? name : `…${name.slice(1 - NAME_CHARACTERS)}`;
}
