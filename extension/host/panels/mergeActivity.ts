import { basename } from 'node:path';
import { EventEmitter } from 'vscode';
import type { StudioMergeActivity } from '../../protocol/merge.ts';
import { Disposable } from '../disposable.ts';
import { CancelledError } from '../engineErrors.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** Runs one thing at a time. If it ended without a result, that is remembered: the page may be hidden by then. */
export class MergeActivity extends Disposable {
  private readonly changed = this._register(new EventEmitter<void>());
  readonly onDidChange = this.changed.event;
  private shown: StudioMergeActivity | undefined;
  private abort = new AbortController();

  constructor(private readonly log: Log) {
    super();
  }

  /** What is running, or how the last run ended. */
  get current(): StudioMergeActivity | undefined {
    return this.shown;
  }

  get isRunning(): boolean {
    return this.shown?.state === 'running';
  }

  /** Returns at once; `work` should end when the signal aborts. */
  start(output: string, work: (abort: AbortController) => Promise<void>): void {
    this.abort = new AbortController();
    this.shown = { state: 'running', output, name: basename(output) };
    this.changed.fire();
    void this.follow(this.shown, this.abort, work);
  }

  cancel(): void {
    this.abort.abort();
  }

  override dispose(): void {
    this.cancel();
    super.dispose();
  }

  private async follow(
    running: StudioMergeActivity,
    abort: AbortController,
    work: (abort: AbortController) => Promise<void>,
  ): Promise<void> {
    try {
      await work(abort);
      this.shown = undefined;
    } catch (error) {
      const cancelled = error instanceof CancelledError || abort.signal.aborted;
      if (!cancelled) this.log.error(error);
      this.shown = cancelled
        ? { ...running, state: 'cancelled' }
        : { ...running, state: 'failed', message: messageOf(error) };
    }
    this.changed.fire();
  }
}
