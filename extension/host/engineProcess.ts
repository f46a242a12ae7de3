/** One engine process: its life, and typed requests to it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  createMessageConnection,
  ErrorCodes,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { Answer, Method, ProgressNotification } from '../protocol/engine.ts';
import { OUTPUT_TAKEN, type EngineFault } from '../protocol/engineErrors.ts';
import type { Told } from '../shared/remedies.ts';
import { CancelledError, EngineExitError, OutputTakenError } from './engineErrors.ts';
import type { NodeRuntime } from './nodeRuntime.ts';

/** The engine answers a cancelled request well within this time; otherwise it is stuck, and is killed. */
const CANCEL_GRACE_MS = 1000;
/** Time for an orderly end after the channel closed: jobs remove what they wrote. VS Code gives us 4 s. */
const STOP_GRACE_MS = 3500;
/** JSON-RPC's code of a request that ended because it was cancelled. */
const REQUEST_CANCELLED = -32800;

/** Where the engine's lines go, such as a `Log`. */
export interface EngineLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export type ProgressListener = (progress: ProgressNotification) => void;

export class EngineProcess {
  /** Resolves with how the process ended. */
  readonly exited: Promise<string>;
  private readonly child: ChildProcess;
  private readonly connection: MessageConnection;
  private ended = false;

  constructor(
    readonly runtime: NodeRuntime,
    enginePath: string,
    log: EngineLog,
    onProgress: ProgressListener,
    /** Puts what the engine reports into words. */
    private readonly said: (told: Told) => string,
  ) {
    this.child = spawn(runtime.executable, [enginePath], {
      env: runtime.env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
    });
    forwardLines(this.child.stdout, line => log.info(`engine: ${line}`));
    forwardLines(this.child.stderr, line => log.warn(`engine: ${line}`));
    this.exited = new Promise(resolve => {
      this.child.once('error', error => resolve(error.message));
      this.child.once('exit', (code, signal) => resolve(signal ?? `exit status ${code}`));
    });
    this.connection = createMessageConnection(
      new IPCMessageReader(this.child),
      new IPCMessageWriter(this.child),
    );
    // `exited` reports a broken channel; without a listener jsonrpc would print to the console.
    this.connection.onError(() => undefined);
    this.connection.onNotification('tvq/progress', onProgress);
    this.connection.listen();
    void this.exited.then(() => {
      this.ended = true;
      this.connection.dispose();
    });
  }

  /** Sends a request; rejects with CancelledError, EngineExitError, or the engine's own readable message. */
  async request<M extends Method>(
    method: M,
    params: readonly unknown[],
    token: CancellationToken | undefined,
  ): Promise<Answer<M>> {
    if (token?.isCancellationRequested) throw new CancelledError();
    const gone = this.exited.then((how): never => {
      throw token?.isCancellationRequested ? new CancelledError() : new EngineExitError(how);
    });
    let killer: NodeJS.Timeout | undefined;
    const onCancel = token?.onCancellationRequested(() => {
      killer = setTimeout(() => this.kill(), CANCEL_GRACE_MS);
    });
    const args = token === undefined ? params : [...params, token];
    try {
      const answer = this.connection.sendRequest<Answer<M>>(method, ...args);
      return await Promise.race([answer, gone]);
    } catch (error) {
      if (error instanceof ResponseError && error.code === REQUEST_CANCELLED) throw new CancelledError();
      if (error instanceof ResponseError && error.code !== ErrorCodes.PendingResponseRejected) {
        const { code, message } = error;
        const lines = (error.data as EngineFault | undefined) ?? [{ message }];
        const worded = lines.map(this.said).join('\n');
        throw code === OUTPUT_TAKEN ? new OutputTakenError(worded) : new Error(worded, { cause: error });
      }
      // The channel broke during the request; the process's exit tells why.
      this.kill();
      await gone;
      throw error;
    } finally {
      clearTimeout(killer);
      onCancel?.dispose();
    }
  }

  /** Closes the channel, which ends an idle engine, and makes sure that the process ends. */
  stop(): void {
    if (this.ended) return;
    if (this.child.connected) this.child.disconnect();
    const killer = setTimeout(() => this.kill(), STOP_GRACE_MS);
    void this.exited.then(() => clearTimeout(killer));
  }

  kill(): void {
    if (!this.ended) this.child.kill('SIGKILL');
  }
}

function forwardLines(stream: Readable | null, write: (line: string) => void): void {
  if (stream === null) return;
  createInterface({ input: stream }).on('line', line => {
    if (line.trim() !== '') write(line);
  });
}
