import { printable } from './printable.ts';
import type { Told } from './remedies.ts';

/** What is wrong, alone or with what can be done about it. */
type Line = string | Told;

const toldOf = (line: Line): Told =>
  typeof line === 'string' ? { message: printable(line) } : { ...line, message: printable(line.message) };

/**
 * Errors that the user can act on: one or two lines that name the file, the tensor, what was found, what was expected
 * and the remedy. Anything else that is thrown is a bug and keeps its stack. The message is always printable: a line
 * break in a name does not start another line; two lines are passed as two. Remedies that differ between command
 * (option) and editor (setting) are codes.
 */
export class UserError extends Error {
  readonly lines: readonly Told[];

  /** `usage`: the call or recipe is wrong (exit 2); `failed`: the job failed (exit 1). */
  constructor(
    said: Line | readonly Line[],
    readonly kind: 'usage' | 'failed' = 'failed',
    options?: ErrorOptions,
  ) {
    const lines = [said].flat().map(toldOf);
    super(lines.map(({ message }) => message).join('\n'), options);
    this.name = 'UserError';
    this.lines = lines;
  }
}

/** An output exists already or is being written: another name helps. */
export class OutputTaken extends UserError {
  constructor(said: string | Told) {
    super(said);
    this.name = 'OutputTaken';
  }
}

/** Thrown when a job was cancelled (exit 130). */
export class Cancelled extends Error {
  /** @param kept what is kept of the output, one line each */
  constructor(readonly kept: readonly Told[] = []) {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

/** The same work, whose failure is a cancellation once the signal is aborted. */
export const orCancelled = <T>(signal: { readonly aborted: boolean }, work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw signal.aborted ? new Cancelled() : error;
  });

/** What is wrong with a file, or with the disk it is on. */
export class FileError extends UserError {
  /** @param reading whether it could not be read, rather than written */
  constructor(
    readonly path: string,
    readonly said: string,
    readonly reading: boolean,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${said}`, 'failed', options);
  }

  /** The same, with the tensor that was being read. */
  ofTensor(name: string): FileError {
    return new FileError(this.path, `tensor "${name}": ${this.said}`, true, { cause: this.cause });
  }
}

/** The error of a failed run, with what is kept of its output. */
export function withKept(error: unknown, kept: readonly Told[]): unknown {
  if (kept.length === 0) return error;
  if (error instanceof Cancelled) return new Cancelled(kept);
  if (error instanceof UserError)
    return new UserError([...error.lines, ...kept], error.kind, { cause: error.cause });
  return error instanceof Error ? Object.assign(error, { kept }) : error; // a bug keeps its stack
}

/** The lines of an error, even of a bug. */
export function linesOf(error: unknown): readonly Told[] {
  if (error instanceof UserError) return error.lines;
  if (!(error instanceof Error)) return [{ message: String(error) }];
  // The kernels' own errors, which have no remedies.
  const remedy = error.name === 'OutOfBackendMemory' ? ({ code: 'moreMemory' } as const) : undefined;
  const { kept = [] } = error as { readonly kept?: readonly Told[] };
  return [{ message: error.message, remedy }, ...kept];
}

/** What Node says of a call of the system that failed. */
interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
}

/** Whether the same may go well another time: not where recipe or inputs are at fault, but a full disk, or a defect. */
export const mayPass = (error: unknown): boolean =>
  !(error instanceof UserError) || systemCode(error) !== undefined;

/** Code of the system error (ENOSPC, EIO …) that an error is about. */
export const systemCode = (error: Error): string | undefined =>
  (error.cause as SystemError | undefined)?.code;

/** A system error (ENOENT, EACCES, ENOSPC …) in words, with the path it is about. */
export function describeSystemError(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  const { code = '', syscall = '' } = error as SystemError;
  const reading = READS.has(syscall);
  const [said, whenReading = said] = REASONS[code] ?? [
    error instanceof Error ? error.message : String(error),
  ];
  return new FileError(path, reading ? whenReading : said, reading, { cause: error });
}

/** The same for a raw system error that has a path; any other error unchanged. */
export function described(error: unknown): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const { code, syscall, path } = error as SystemError;
  return code !== undefined && syscall !== undefined && path !== undefined
    ? describeSystemError(error, path)
    : error;
}

const READS = new Set(['read', 'open', 'stat', 'lstat', 'fstat', 'scandir']);

/** What each error means, and what helps; a second text if that differs for reading. */
const REASONS: Record<string, readonly [string, string?]> = {
  ENOENT: ['there is no such file or folder'],
  EACCES: ['permission denied; check the access rights'],
  EPERM: ['permission denied; check the access rights'],
  EISDIR: ['this is a folder, a file was expected'],
  ENOTDIR: ['this is a file, a folder was expected'],
  EEXIST: ['something else took this name in the meantime; choose another output'],
  ENOTEMPTY: ['something else took this name in the meantime; choose another output'],
  ENOSPC: ['the disk is full; free some space or choose another output'],
  EDQUOT: ['your quota on this disk is used up; free some space or choose another output'],
  EFBIG: ['the file is too large for its file system; choose another output, or smaller weight files'],
  EROFS: ['the file system is read-only; choose another output'],
  EIO: [
    'the disk failed to write (I/O error); check it, or choose another output',
    'the disk failed to read (I/O error); check it, or copy the file again',
  ],
  ESTALE: ['the network disk lost the file (stale handle); check its connection and run it again'],
  ETIMEDOUT: ['the disk does not answer; check its connection and run it again'],
  ENODEV: ['the disk is gone; check its connection and run it again'],
  ENXIO: ['the disk is gone; check its connection and run it again'],
  EBUSY: ['another program uses it; close that and run it again'],
  EMFILE: ['too many open files; raise the limit (ulimit -n)'],
  ENFILE: ['too many open files in the whole system; close other programs'],
  ENAMETOOLONG: ['the name is too long; choose a shorter one'],
  ELOOP: ['it is a link that leads to itself'],
  ENOSYS: ['the file system cannot do this; choose an output on another disk'],
  ENOTSUP: ['the file system cannot do this; choose an output on another disk'],
  EOPNOTSUPP: ['the file system cannot do this; choose an output on another disk'],
};
