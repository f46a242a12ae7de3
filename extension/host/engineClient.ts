/** The host's end of the engine: starts it when needed, restarts it once when it crashes, ends it when idle. */
import type { CancellationToken } from 'vscode-jsonrpc/node';
import type { AnalysisTable } from '../protocol/analysis.ts';
import type { TaskComparisons, TaskVectors } from '../protocol/comparison.ts';
import type { EngineApi } from '../protocol/engine.ts';
import type {
  MergeMethodInfo,
  MergeRecipe,
  QuantizeRecipe,
  RestoreRecipe,
  RunOptions,
} from '../protocol/recipes.ts';
import type {
  DevicesReport,
  MergePlanSummary,
  MergeResult,
  PlanSummary,
  Progress,
  QuantizeResult,
  RestoreResult,
  VerifyResult,
} from '../protocol/results.ts';
import type { TensorDetail } from '../protocol/tensors.ts';
import { Disposable } from './disposable.ts';
import { EngineExitError, EngineLostError } from './engineErrors.ts';
import type { EngineLog, EngineProcess } from './engineProcess.ts';
import { findNodeRuntime } from './nodeRuntime.ts';

/** An idle engine keeps its kernels and device warm this long, then gives the memory back. */
const IDLE_MS = 5 * 60_000;

const AFTER_CRASH = 'the engine crashed and was started again';

/** How a long request is watched and stopped. */
export interface JobHooks {
  readonly token: CancellationToken;
  onProgress(progress: Progress): void;
}

export interface EngineClientOptions {
  /** The bundled engine, dist/engine.mjs. */
  readonly enginePath: string;
  /** The value of `tvq.engine.nodePath`, asked for at every start. */
  readonly nodePath: () => string;
  readonly log: EngineLog;
  /** Called when the engine ended, for whatever reason. */
  readonly onStopped: () => void;
}

export class EngineClient extends Disposable {
  private process: Promise<EngineProcess> | undefined;
  private idle: NodeJS.Timeout | undefined;
  private busy = 0;
  private retired = false;
  private closed = false;
  private jobs = 0;
  private readonly progress = new Map<string, (progress: Progress) => void>();

  constructor(private readonly options: EngineClientOptions) {
    super();
  }

  /** What the engine computes with, and why. */
  async devices(options: RunOptions, token?: CancellationToken): Promise<DevicesReport> {
    return this.retry('devices', options, token, adapted => [adapted]);
  }

  async plan(recipe: QuantizeRecipe, options: RunOptions, token?: CancellationToken): Promise<PlanSummary> {
    return this.retry('plan', options, token, adapted => [recipe, adapted]);
  }

  /** Plans of recipes for the same checkpoints, in one go. */
  async planAll(recipes: readonly QuantizeRecipe[], options: RunOptions): Promise<readonly PlanSummary[]> {
    return this.retry('planAll', options, undefined, adapted => [recipes, adapted]);
  }

  /** What a budget can be spent on. */
  async analyze(recipe: QuantizeRecipe, options: RunOptions, hooks: JobHooks): Promise<AnalysisTable> {
    return this.job(hooks, job =>
      this.retry('analyze', options, hooks.token, adapted => [recipe, adapted, job]),
    );
  }

  /** What a shared base vector of the recipe's tasks would cost. */
  async analyzeShared(recipe: QuantizeRecipe, options: RunOptions, hooks: JobHooks): Promise<AnalysisTable> {
    return this.job(hooks, job =>
      this.retry('analyzeShared', options, hooks.token, adapted => [recipe, adapted, job]),
    );
  }

  async quantize(recipe: QuantizeRecipe, options: RunOptions, hooks: JobHooks): Promise<QuantizeResult> {
    return this.job(hooks, job =>
      this.retry('quantize', options, hooks.token, adapted => [recipe, adapted, job]),
    );
  }

  async restore(recipe: RestoreRecipe, options: RunOptions, hooks: JobHooks): Promise<RestoreResult> {
    return this.job(hooks, job =>
      this.retry('restore', options, hooks.token, adapted => [recipe, adapted, job]),
    );
  }

  async verify(file: string, options: RunOptions, hooks: JobHooks): Promise<VerifyResult> {
    return this.job(hooks, job => this.retry('verify', options, hooks.token, () => [file, job]));
  }

  /** What one tensor of a .tvq file holds. Needs so little that it may run beside a job. */
  async tensorDetail(
    file: string,
    vector: string,
    tensor: string,
    options: RunOptions,
    token: CancellationToken,
  ): Promise<TensorDetail> {
    return this.retry('tensorDetail', options, token, () => [file, vector, tensor]);
  }

  /** How task vectors lie to each other, by `most` tensors or all. */
  async compareTasks(
    vectors: TaskVectors,
    most: number | undefined,
    options: RunOptions,
    hooks: JobHooks,
  ): Promise<TaskComparisons> {
    return this.job(hooks, job =>
      this.retry('compareTasks', options, hooks.token, adapted => [vectors, most, adapted, job]),
    );
  }

  /** The merge methods that there are. */
  async methods(options: RunOptions): Promise<readonly MergeMethodInfo[]> {
    return this.retry('methods', options, undefined, () => []);
  }

  async planMerge(recipe: MergeRecipe, options: RunOptions): Promise<MergePlanSummary> {
    return this.retry('planMerge', options, undefined, adapted => [recipe, adapted]);
  }

  async merge(recipe: MergeRecipe, options: RunOptions, hooks: JobHooks): Promise<MergeResult> {
    return this.job(hooks, job =>
      this.retry('merge', options, hooks.token, adapted => [recipe, adapted, job]),
    );
  }

  /** The executable's setting changed: the next request starts anew. A running job is not disturbed. */
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

  /** Ends the engine for good, with what it is doing; resolves when it has ended. */
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

  private async job<T>(hooks: JobHooks, run: (job: string) => Promise<T>): Promise<T> {
    const job = `job-${++this.jobs}`;
    this.progress.set(job, progress => hooks.onProgress(progress));
    try {
      return await run(job);
    } finally {
      this.progress.delete(job);
    }
  }

  /** A crash is most often a GPU driver's: the request gets a second chance, on the CPU. */
  private async retry<M extends keyof EngineApi>(
    method: M,
    options: RunOptions,
    token: CancellationToken | undefined,
    params: (options: RunOptions) => Parameters<EngineApi[M]>,
  ): Promise<ReturnType<EngineApi[M]>> {
    try {
      return await this.send(method, options, token, params);
    } catch (error) {
      if (!(error instanceof EngineExitError) || token?.isCancellationRequested || this.closed) throw error;
      this.options.log.warn(`${error.message} Trying once more on the CPU.`);
    }
    try {
      return await this.send(method, options, token, params, AFTER_CRASH);
    } catch (error) {
      if (!(error instanceof EngineExitError)) throw error;
      throw new EngineLostError(error);
    }
  }

  private async send<M extends keyof EngineApi>(
    method: M,
    options: RunOptions,
    token: CancellationToken | undefined,
    params: (options: RunOptions) => Parameters<EngineApi[M]>,
    cpuOnly?: string,
  ): Promise<ReturnType<EngineApi[M]>> {
    this.busy++;
    clearTimeout(this.idle);
    try {
      const engine = await (this.process ??= this.start());
      const forced = cpuOnly ?? engine.runtime.cpuOnly;
      if (forced === undefined || options.backend === 'cpu') {
        return await engine.request(method, params(options), token);
      }
      const answer = await engine.request(method, params({ ...options, backend: 'cpu' }), token);
      return withReason(answer, `CPU: ${forced}`);
    } finally {
      if (--this.busy === 0) {
        if (this.retired) this.stop();
        else this.idle = setTimeout(() => this.stop(), IDLE_MS).unref();
      }
    }
  }

  private start(): Promise<EngineProcess> {
    const { enginePath, log, nodePath, onStopped } = this.options;
    const starting = findNodeRuntime(nodePath()).then(async runtime => {
      // What speaks with it is loaded with it: most windows compute nothing.
      const { EngineProcess } = await import('./engineProcess.ts');
      log.info(`Starting the engine with ${runtime.executable} (${runtime.origin}).`);
      if (runtime.cpuOnly !== undefined) log.warn(`CPU only: ${runtime.cpuOnly}.`);
      return new EngineProcess(runtime, enginePath, log, ({ job, ...progress }) =>
        this.progress.get(job)?.(progress),
      );
    });
    const forget = () => {
      if (this.process === starting) this.process = undefined;
    };
    // A start that failed (a wrong setting) must not be remembered: the next request tries again.
    starting.then(engine => {
      void engine.exited.then(how => {
        log.info(`The engine ended (${how}).`);
        forget();
        // A successor may be running already: then nothing has stopped for those who use it.
        if (this.process === undefined) onStopped();
      });
    }, forget);
    return starting;
  }
}

/** The engine was told to use the CPU and can only say that; why it was told so is known here. */
function withReason<T extends object>(answer: T, reason: string): T {
  if ('backendReason' in answer) return { ...answer, backendReason: reason };
  if ('chosen' in answer) return { ...answer, reason };
  return answer;
}
