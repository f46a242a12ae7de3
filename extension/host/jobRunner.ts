/** Runs long jobs one after the other, with a cancellable notification and the status bar. */
import { l10n, ProgressLocation, window } from 'vscode';
import type { Progress, RunOptions } from '../protocol.ts';
import type { EngineClient, JobHooks } from './engineClient.ts';
import { CancelledError } from './engineProcess.ts';
import { readRunOptions } from './settings.ts';
import type { StatusBar } from './views/statusBar.ts';

/** More reports a second than this cost the window work and nobody reads them. */
const REPORT_EVERY_MS = 100;
/** Tensor names run to 80 characters; the end tells them apart. */
const NAME_CHARACTERS = 44;

/** A job's request to the engine. */
export type Work<T> = (engine: EngineClient, options: RunOptions, hooks: JobHooks) => Promise<T>;

export class JobRunner {
  /** The last job's end: two jobs at once would use twice the memory that the user granted. */
  private last: Promise<unknown> = Promise.resolve();
  private running = false;
  /** The setting that the running engine was asked about. */
  private learnt: RunOptions['backend'] | undefined;

  constructor(
    private readonly engine: EngineClient,
    private readonly status: StatusBar,
  ) {}

  /** Rejects with what `work` rejects with; with CancelledError when cancelled. */
  async run<T>(title: string, work: Work<T>): Promise<T> {
    const options = { location: ProgressLocation.Notification, title, cancellable: true };
    return window.withProgress(options, (notification, token) => {
      let percent = 0;
      let reported = 0;
      const onProgress = ({ done, total, current }: Progress) => {
        if (performance.now() - reported < REPORT_EVERY_MS && done < total) return;
        reported = performance.now();
        const now = Math.max(percent, total > 0 ? Math.floor((100 * done) / total) : 0);
        const message = current === '' ? `${now} %` : `${now} % · ${shorten(current)}`;
        notification.report({ increment: now - percent, message });
        percent = now;
        this.status.showJob(title, percent);
      };
      if (this.running) notification.report({ message: l10n.t('waiting for another job') });
      return this.enqueue(title, work, { token, onProgress });
    });
  }

  /** As `run`, for a page that shows progress, and a way to cancel, itself. */
  async runInPage<T>(title: string, work: Work<T>, hooks: JobHooks): Promise<T> {
    return this.enqueue(title, work, {
      token: hooks.token,
      onProgress: progress => {
        const { done, total } = progress;
        this.status.showJob(title, total > 0 ? Math.floor((100 * done) / total) : 0);
        hooks.onProgress(progress);
      },
    });
  }

  private enqueue<T>(title: string, work: Work<T>, hooks: JobHooks): Promise<T> {
    const job = this.last.then(() => this.start(title, work, hooks));
    this.last = job.catch(() => undefined);
    return job;
  }

  /** To be called when the engine ended: the next one may choose otherwise. */
  engineStopped(): void {
    this.learnt = undefined;
    this.status.showBackend(undefined);
  }

  private async start<T>(title: string, work: Work<T>, hooks: JobHooks): Promise<T> {
    if (hooks.token.isCancellationRequested) throw new CancelledError();
    const options = readRunOptions();
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

  /** Testing a GPU takes a moment, so the engine is asked once in its life, and again for another setting. */
  private async learnBackend(options: RunOptions, { token }: JobHooks): Promise<void> {
    if (this.learnt === options.backend) return;
    this.status.showBackend(await this.engine.devices(options, token));
    this.learnt = options.backend;
  }
}

/** What a job really ran on: not what was chosen when the engine had to be started again. */
function hasBackend(result: unknown): result is { backend: 'cpu' | 'webgpu'; backendReason: string } {
  return typeof result === 'object' && result !== null && 'backend' in result && 'backendReason' in result;
}

function shorten(name: string): string {
  return name.length <= NAME_CHARACTERS ? name : `…${name.slice(1 - NAME_CHARACTERS)}`;
}
