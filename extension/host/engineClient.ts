/** The host's end of the engine: starts it when needed, restarts it once when it crashes, ends it when idle. */
import type { CancellationToken } from 'vscode-jsonrpc/node';
import type { Answer, Asked, IsLong, Method, ProgressNotification } from '../protocol/engine.ts';
import type { RunOptions } from '../protocol/recipes.ts';
import type { Problem, Progress } from '../protocol/results.ts';
import type { Told } from '../shared/remedies.ts';
import { Disposable } from './disposable.ts';
import { EngineExitError, EngineLostError } from './engineErrors.ts';
import type { EngineLog, EngineProcess } from './engineProcess.ts';
import { findNodeRuntime } from './nodeRuntime.ts';

/** An idle engine keeps its kernels and device warm this long, then gives the memory back. */
const IDLE_MS = 5 * 60_000;

const AFTER_CRASH = 'the engine crashed and was started again';

/** How a long request is watched and stopped. */
export interface RequestHooks {
  readonly token: CancellationToken;
  onProgress(progress: Progress): void;
}

/** Every request of protocol/engine.ts, by its name. A short one may be stopped too. */
export type Engine = {
  readonly [M in Method]: (
    asked: Asked<M>,
    options: RunOptions,
    ...hooks: IsLong<M> extends true ? [RequestHooks] : [Pick<RequestHooks, 'token'>?]
  ) => Promise<Answer<M>>;
};

/** A request as it is sent, with an `id` if it reports progress. */
interface Sent<M extends Method> {
  readonly method: M;
  readonly asked: Asked<M>;
  readonly options: RunOptions;
  readonly id: string | undefined;
  readonly token: CancellationToken | undefined;
}

export interface EngineClientOptions {
  /** The bundled engine, dist/engine.mjs. */
  readonly enginePath: string;
  /** The value of `tvq.engine.nodePath`, read at every start. */
  readonly nodePath: () => string;
  readonly log: EngineLog;
  /** Puts the engine's problems into words. */
  readonly said: (told: Told) => string;
  /** Called when the engine ended, for any reason. */
  readonly onStopped: () => void;
}

export class EngineClient extends Disposable {
  readonly requests = new Proxy({} as Engine, {
    get:
      (_, method: Method) =>
      (asked: Asked<Method>, options: RunOptions, hooks: Partial<RequestHooks> = {}) =>
        this.request(method, asked, options, hooks),
  });
  private process: Promise<EngineProcess> | undefined;
  private idle: NodeJS.Timeout | undefined;
  private busy = 0;
  private retired = false;
  private closed = false;
  private sent = 0;
  /** By the ids of the requests that report it. */
  private readonly progress = new Map<string, (progress: Progress) => void>();

  constructor(private readonly options: EngineClientOptions) {
    super();
  }

  /** The executable's setting changed: the next request starts a new engine. A running job is not disturbed. */
  retire(): void {
    this.retired = true;
    if (this.busy === 0) this.stop();
  }

  /** Ends the engine now. */
  stop(): void {
    clearTimeout(this.idle);
    this.retired = false;
    const process = this.process;
    this.process = undefined;
    process?.then(
      running => running.stop(),
      () => undefined,
    );
  }

  /** Ends the engine for good, along with its work; resolves when it has ended. */
  async close(): Promise<void> {
    this.closed = true;
    const ending = this.process;
    this.stop();
    await ending?.then(
      running => running.exited,
      () => undefined,
    );
  }

  override dispose(): void {
    this.closed = true;
    this.stop();
    super.dispose();
  }

  private async request<M extends Method>(
    method: M,
    asked: Asked<M>,
    options: RunOptions,
    { token, onProgress }: Partial<RequestHooks>,
  ): Promise<Answer<M>> {
    const id = onProgress && `request-${++this.sent}`;
    if (id !== undefined) this.progress.set(id, onProgress as RequestHooks['onProgress']);
    try {
      return this.worded(await this.retry({ method, asked, options, id, token }));
    } finally {
      if (id !== undefined) this.progress.delete(id);
    }
  }

  /** Puts the problems of plans and their remedies into words. */
  private worded<T>(answer: T): T {
    if (Array.isArray(answer)) return answer.map(one => this.worded(one as unknown)) as T;
    if (typeof answer !== 'object' || answer === null || !('problems' in answer)) return answer;
    const problems = (answer.problems as readonly Problem[]).map(({ severity, ...told }) => ({
      severity,
      message: this.options.said(told),
    }));
    return { ...answer, problems };
  }

  /** Most crashes come from a GPU driver, so the request gets a second chance on the CPU. */
  private async retry<M extends Method>(request: Sent<M>): Promise<Answer<M>> {
    try {
      return await this.send(request);
    } catch (error) {
      if (!(error instanceof EngineExitError) || request.token?.isCancellationRequested || this.closed)
        throw error;
      this.options.log.warn(`${error.message} Trying once more on the CPU.`);
    }
    try {
      return await this.send(request, AFTER_CRASH);
    } catch (error) {
      if (!(error instanceof EngineExitError)) throw error;
      throw new EngineLostError(error);
    }
  }

  private async send<M extends Method>(
    { method, asked, options, id, token }: Sent<M>,
    cpuOnly?: string,
  ): Promise<Answer<M>> {
    this.busy++;
    clearTimeout(this.idle);
    const idOf = id === undefined ? [] : [id];
    try {
      const engine = await (this.process ??= this.start());
      const forced = cpuOnly ?? engine.runtime.cpuOnly;
      if (forced === undefined || options.backend === 'cpu') {
        return await engine.request(method, [asked, options, ...idOf], token);
      }
      const answer = await engine.request(method, [asked, { ...options, backend: 'cpu' }, ...idOf], token);
      return withReason(answer, `CPU: ${forced}`);
    } finally {
      if (--this.busy === 0) {
        if (this.retired) this.stop();
        else this.idle = setTimeout(() => this.stop(), IDLE_MS).unref();
      }
    }
  }

  private start(): Promise<EngineProcess> {
    const { enginePath, log, nodePath, onStopped, said } = this.options;
    const starting = findNodeRuntime(nodePath()).then(async runtime => {
      const onProgress = ({ request, ...progress }: ProgressNotification) =>
        this.progress.get(request)?.(progress);
      // This code is loaded only with the engine, as most windows compute nothing.
      const { EngineProcess } = await import('./engineProcess.ts');
      log.info(`Starting the engine with ${runtime.executable} (${runtime.origin}).`);
      if (runtime.cpuOnly !== undefined) log.warn(`CPU only: ${runtime.cpuOnly}.`);
      return new EngineProcess(runtime, enginePath, log, onProgress, said);
    });
    const forget = () => {
      if (this.process === starting) this.process = undefined;
    };
    // A failed start (a wrong setting) must not be remembered: the next request tries again.
    starting.then(engine => {
      void engine.exited.then(how => {
        log.info(`The engine ended (${how}).`);
        forget();
        // If a successor is already running, nothing has stopped from its users' view.
        if (this.process === undefined) onStopped();
      });
    }, forget);
    return starting;
  }
}

/** The engine can only say that it was told to use the CPU; the reason is known here. */
function withReason<T>(answer: T, reason: string): T {
  if (typeof answer !== 'object' || answer === null) return answer;
  if ('backendReason' in answer) return { ...answer, backendReason: reason };
  if ('chosen' in answer) return { ...answer, reason };
  return answer;
}
