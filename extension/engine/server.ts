/** The engine process: answers the extension host over vscode-jsonrpc on Node's IPC channel. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { OUTPUT_TAKEN, type ProgressNotification } from '../protocol/engine.ts';
import * as engine from './engine.ts';
import { Cancelled, described, OutputTaken, UserError } from '../shared/errors.ts';
import {
  parseMergeRecipe,
  parseQuantizeRecipe,
  parseRestoreRecipe,
  parseRunOptions,
  parseTaskVectors,
} from '../protocol/recipeSchemas.ts';

/** JSON-RPC codes: LSP's RequestCancelled, and application errors outside the reserved range. */
const REQUEST_CANCELLED = -32800;
const JOB_FAILED = 1;
const WRONG_REQUEST = 2;

/** Progress notifications of a job a second: enough to look alive. */
const PROGRESS_INTERVAL_MS = 100;

/** Jobs end within this when the host is gone; removing what they wrote may take a while on a slow disk. */
const END_MS = 3000;

/** Aborts when the host is gone: nobody is there to be given a result. */
const gone = new AbortController();
const running = new Set<Promise<unknown>>();

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));

connection.onRequest('devices', options => answer(() => engine.devices(parseRunOptions(options))));
connection.onRequest('plan', (recipe, options) =>
  answer(() => engine.plan(parseQuantizeRecipe(recipe), parseRunOptions(options))),
);
connection.onRequest('planAll', (recipes: readonly unknown[], options) =>
  answer(() =>
    engine.planAll(
      recipes.map(recipe => parseQuantizeRecipe(recipe)),
      parseRunOptions(options),
    ),
  ),
);
connection.onRequest('analyze', (recipe, options, job: string, token: CancellationToken) =>
  answer(() =>
    engine.analyzeTable(parseQuantizeRecipe(recipe), parseRunOptions(options), hooks(connection, job, token)),
  ),
);
connection.onRequest('analyzeShared', (recipe, options, job: string, token: CancellationToken) =>
  answer(() =>
    engine.analyzeShared(
      parseQuantizeRecipe(recipe),
      parseRunOptions(options),
      hooks(connection, job, token),
    ),
  ),
);
connection.onRequest('quantize', (recipe, options, job: string, token: CancellationToken) =>
  answer(() =>
    engine.quantize(parseQuantizeRecipe(recipe), parseRunOptions(options), hooks(connection, job, token)),
  ),
);
connection.onRequest('restore', (recipe, options, job: string, token: CancellationToken) =>
  answer(() =>
    engine.restore(parseRestoreRecipe(recipe), parseRunOptions(options), hooks(connection, job, token)),
  ),
);
connection.onRequest('verify', (file: string, job: string, token: CancellationToken) =>
  answer(() => engine.verify(file, hooks(connection, job, token))),
);
connection.onRequest(
  'tensorDetail',
  (file: string, vector: string, tensor: string, token: CancellationToken) =>
    answer(() => engine.tensorDetail(file, vector, tensor, signalOf(token))),
);
connection.onRequest(
  'compareTasks',
  (vectors, most: number | undefined, options, job: string, token: CancellationToken) =>
    answer(() =>
      engine.compareTasks(
        parseTaskVectors(vectors),
        most ?? undefined,
        parseRunOptions(options),
        hooks(connection, job, token),
      ),
    ),
);
connection.onRequest('methods', () => answer(async () => engine.methods()));
connection.onRequest('planMerge', (recipe, options) =>
  answer(() => engine.planMergeSummary(parseMergeRecipe(recipe), parseRunOptions(options))),
);
connection.onRequest('merge', (recipe, options, job: string, token: CancellationToken) =>
  answer(() =>
    engine.merge(parseMergeRecipe(recipe), parseRunOptions(options), hooks(connection, job, token)),
  ),
);
// The connection's own event is of a stream's "close", which Node's channel has not.
process.once('disconnect', () => {
  gone.abort();
  // What jobs wrote so far is hidden and as large as their outputs: they remove it themselves.
  void Promise.race([Promise.allSettled(running), sleep(END_MS)]).then(() => process.exit(0));
});
connection.listen();

/** Turns every failure into a response; a defect's stack goes to stderr, which the host logs. */
async function answer<T>(work: () => Promise<T>): Promise<T | ResponseError<void>> {
  const working = work();
  running.add(working);
  try {
    return await working;
  } catch (thrown) {
    const error = described(thrown);
    if (error instanceof Cancelled) return new ResponseError(REQUEST_CANCELLED, error.message);
    if (error instanceof OutputTaken) return new ResponseError(OUTPUT_TAKEN, error.message);
    if (error instanceof UserError)
      return new ResponseError(error.kind === 'usage' ? WRONG_REQUEST : JOB_FAILED, error.message);
    console.error(error);
    return new ResponseError(JOB_FAILED, error instanceof Error ? error.message : String(error));
  } finally {
    running.delete(working);
  }
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  token.onCancellationRequested(() => abort.abort());
  return AbortSignal.any([abort.signal, gone.signal]);
}

function hooks(to: MessageConnection, job: string, token: CancellationToken): engine.Hooks {
  let last = 0;
  return {
    signal: signalOf(token),
    onNotice: message => console.warn(message), // the host logs it
    onProgress: progress => {
      const now = Date.now();
      if (now - last < PROGRESS_INTERVAL_MS && progress.done < progress.total) return;
      last = now;
      void to.sendNotification('tvq/progress', { job, ...progress } satisfies ProgressNotification);
    },
  };
}
