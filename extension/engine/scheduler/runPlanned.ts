import type { Problem, Progress } from '../../protocol/results.ts';
import type { Told } from '../../shared/remedies.ts';
import type { EngineBackend } from './engineBackend.ts';
import type { MemoryShare } from './memoryShare.ts';
import { Cancelled, UserError, withKept } from '../../shared/errors.ts';
import { whileUnchanged, type FileStamp } from '../../files/fileStamp.ts';
import type { Sink } from './orderedSink.ts';
import type { Item, ItemReport } from './item.ts';
import { itemBytes, type ItemKind } from './itemKind.ts';

export interface PlannedRun<J extends Item, R extends ItemReport> {
  readonly kind: ItemKind<J, R>;
  readonly items: readonly J[];
  /** Of all files that are read. */
  readonly stamps: readonly FileStamp[];
  readonly share: MemoryShare;
  readonly backend: EngineBackend;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Where the results of items go. */
export interface Output {
  /** Removes what was written, or the part that is useless after this failure. @returns what is kept, one line each */
  discard(failure: unknown): Promise<readonly Told[] | void>;
}

/** Discards what a failed run wrote. @returns what to throw: Cancelled if it was cancelled */
export async function failed(error: unknown, signal: AbortSignal, output: Output): Promise<unknown> {
  const failure = signal.aborted ? new Cancelled() : error;
  return withKept(failure, (await output.discard(failure)) ?? []);
}

/** Runs items, checks that inputs do not change, and reports how much of their input has been read. */
export async function runCounted<J extends Item, R extends ItemReport>(
  { kind, items, stamps, share, backend, signal, onProgress }: PlannedRun<J, R>,
  sink: Sink<R>,
): Promise<void> {
  const total = items.reduce((sum, item) => sum + itemBytes(kind, item), 0);
  let done = 0;
  await whileUnchanged(stamps, () =>
    backend.runner(share)(kind, items, sink, signal, (current, bytes) => {
      done += bytes;
      onProgress({ done, total, current });
    }),
  );
}

/** Runs items into an output that is committed when all succeeded, with unchanged inputs, and discarded when anything
 * fails. @returns what `commit` returns */
export async function runPlanned<J extends Item, R extends ItemReport, Result>(
  run: PlannedRun<J, R>,
  sink: Sink<R>,
  output: Output,
  commit: () => Promise<Result>,
): Promise<Result> {
  const { signal } = run;
  try {
    await runCounted(run, sink);
    signal.throwIfAborted();
    return await commit();
  } catch (error) {
    throw await failed(error, signal, output);
  }
}

/** @throws UserError with every error among the problems */
export function refuseErrors(problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new UserError(errors);
}
