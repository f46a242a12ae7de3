/** The engine process: answers the extension host over vscode-jsonrpc on Node's IPC channel. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
  type CancellationToken,
} from 'vscode-jsonrpc/node';
import type { ZodType } from 'zod';
import { REQUESTS, type Asked, type Method, type ProgressNotification } from '../protocol/engine.ts';
import { OUTPUT_TAKEN, type EngineFault } from '../protocol/engineErrors.ts';
import { checked, runOptions } from '../protocol/recipeSchemas.ts';
import { Cancelled, described, linesOf, OutputTaken, UserError } from '../shared/errors.ts';
import { ANSWERS } from './engine.ts';
import type { Hooks } from './scheduler/hooks.ts';

/** JSON-RPC codes: LSP's RequestCancelled, and application errors outside the reserved range. */
const REQUEST_CANCELLED = -32800;
const JOB_FAILED = 1;
const WRONG_REQUEST = 2;

/** A request's progress is reported this often, enough to look alive; host and page need no more. */
const PROGRESS_INTERVAL_MS = 100;

/** Jobs get this long to end when the host is gone; removing what they wrote may take a while on a slow disk. */
const END_MS = 3000;

/** Aborts when the host is gone, as nobody is left to receive a result. */
const gone = new AbortController();
const running = new Set<Promise<unknown>>();

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));

for (const method of Object.keys(REQUESTS) as Method[]) serve(method);
// The connection's own event relies on a stream's "close", which Node's channel does not have.
process.once('disconnect', () => {
  gone.abort();
  // Jobs remove what they wrote so far, which is hidden and as large as their outputs.
  void Promise.race([Promise.allSettled(running), sleep(END_MS)]).then(() => process.exit(0));
});
connection.listen();

/** Turns every failure into a response; a bug's stack goes to stderr, which the host logs. */
async function answer<T>(work: () => Promise<T>): Promise<T | ResponseError<EngineFault | void>> {
  const working = work();
  running.add(working);
  try {
    return await working;
  } catch (thrown) {
    const error = described(thrown);
    if (error instanceof Cancelled) return new ResponseError(REQUEST_CANCELLED, error.message);
    if (!(error instanceof UserError)) console.error(error);
    const lines = linesOf(error);
    return new ResponseError(codeOf(error), lines.map(({ message }) => message).join('\n'), lines);
  } finally {
    running.delete(working);
  }
}

function codeOf(error: unknown): number {
  if (error instanceof OutputTaken) return OUTPUT_TAKEN;
  return error instanceof UserError && error.kind === 'usage' ? WRONG_REQUEST : JOB_FAILED;
}

function serve<M extends Method>(method: M): void {
  const { schema, long }: { readonly schema: ZodType; readonly long: boolean } = REQUESTS[method];
  connection.onRequest(method, (asked: unknown, options: unknown, ...rest: unknown[]) =>
    answer(async () => {
      const token = rest.at(-1) as CancellationToken;
      const hooks = { signal: signalOf(token), ...(long ? reports(rest[0] as string) : silent) };
      return ANSWERS[method](checked(schema, asked) as Asked<M>, checked(runOptions, options), hooks);
    }),
  );
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  token.onCancellationRequested(() => abort.abort());
  return AbortSignal.any([abort.signal, gone.signal]);
}

type Reports = Pick<Hooks, 'onNotice' | 'onProgress'>;

const silent: Reports = {
  onNotice: message => console.warn(message), // the host logs it
  onProgress: () => undefined,
};

function reports(request: string): Reports {
  let last = 0;
  return {
    ...silent,
    onProgress: progress => {
      const now = Date.now();
      if (now - last < PROGRESS_INTERVAL_MS && progress.done < progress.total) return;
      last = now;
      void connection.sendNotification('tvq/progress', {
        request,
        ...progress,
      } satisfies ProgressNotification);
    },
  };
}
