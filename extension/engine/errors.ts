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

/** There is something at an output already, or somebody writes it: another name helps. */
export class OutputTaken extends UserError {
  constructor(message: string) {
    super(message);
    this.name = 'OutputTaken';
  }
}

/** Thrown when a job was cancelled (exit 130). */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

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
