import { printable } from '../shared/printable.ts';

/**
 * Errors a person can act on: one or two lines that name the file, the tensor, what was found, what was expected
 * and the remedy. Anything else that is thrown is a defect and keeps its stack. The message is printable wherever it
 * goes: a line break in a name does not begin another line, two lines are given as two.
 */
export class UserError extends Error {
  /** `usage`: the call or recipe is wrong (exit 2); `failed`: the job failed (exit 1). */
  constructor(
    message: string | readonly string[],
    readonly kind: 'usage' | 'failed' = 'failed',
    options?: ErrorOptions,
  ) {
    super([message].flat().map(printable).join('\n'), options);
    this.name = 'UserError';
  }
}

/** Thrown when a job was cancelled (exit 130). */
export class Cancelled extends Error {
  /** @param kept what stays of the output, a line each */
  constructor(readonly kept: readonly string[] = []) {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

/** The error of a failed run, with what stays of its output. */
export function withKept(error: unknown, kept: readonly string[]): unknown {
  if (kept.length === 0) return error;
  if (error instanceof Cancelled) return new Cancelled(kept);
  if (error instanceof UserError)
    return new UserError([...error.message.split('\n'), ...kept], error.kind, { cause: error.cause });
  if (error instanceof Error) error.message = [error.message, ...kept].join('\n'); // a defect keeps its stack
  return error;
}

/** Whether the same may go well another time: not where recipe or inputs are at fault, but a full disk, or a defect. */
export const mayPass = (error: unknown): boolean =>
  !(error instanceof UserError) || systemCode(error) !== undefined;

/** Code of the system error (ENOSPC, EIO …) that an error is about. */
export const systemCode = (error: Error): string | undefined =>
  (error.cause as NodeJS.ErrnoException | undefined)?.code;

/** A system error (ENOENT, EACCES, ENOSPC …) in words, with the path it is about. */
export function describeSystemError(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const said = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new UserError(`${path}: ${said}`, 'failed', { cause: error });
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied; check the access rights',
  EPERM: 'permission denied; check the access rights',
  EISDIR: 'this is a folder, a file was expected',
  ENOTDIR: 'this is a file, a folder was expected',
  ENOSPC: 'the disk is full; free some space or choose another output',
  EROFS: 'the file system is read-only; choose another output',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
};
