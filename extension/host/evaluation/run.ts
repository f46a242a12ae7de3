/** Runs the user's evaluation command on a merged model. No `vscode` here, so that tests can run it. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { StudioMetric } from '../../protocol/merge.ts';
import { commandLine } from './commandLine.ts';
import { MAX_LINE, MetricsReader } from './metrics.ts';

/** A process that was asked to end gets this long to do so. */
const GRACE_MS = 5000;

export interface Evaluation {
  /** Runs in a shell, because people write pipelines; `${model}` stands for the model's folder. */
  readonly command: string;
  readonly model: string;
  /** Where it runs. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Everything that it prints, line by line. */
  readonly onLine: (line: string) => void;
}

/** Rejects with a readable message, and when the signal aborts, once the command has ended. */
export async function runEvaluation(evaluation: Evaluation): Promise<readonly StudioMetric[]> {
  const { command, model, folder, signal, onLine } = evaluation;
  signal.throwIfAborted();
  const child = spawn(commandLine(command, model), {
    shell: true,
    cwd: folder,
    // A process group of its own, so that what the shell started ends with it.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const reader = new MetricsReader();
  let complaint = '';
  readLines(child.stdout, line => {
    onLine(line);
    reader.line(line);
  });
  readLines(child.stderr, line => {
    onLine(line);
    if (line.trim() !== '') complaint = line.trim();
  });
  const stop = () => endProcess(child);
  signal.addEventListener('abort', stop);
  try {
    const ended = await endOf(child);
    signal.throwIfAborted();
    if (ended !== undefined) {
      throw new Error(`The evaluation command ended with ${ended}${complaint && `: ${complaint}`}`);
    }
    return reader.result();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** How the command failed; undefined if it did not. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.on('error', error =>
      reject(new Error(`The evaluation command could not be started: ${error.message}`)),
    );
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : code === null ? `the signal ${signal}` : `exit code ${code}`);
    });
  });
}

/** Lines of UTF-8; one that is longer than any line of metrics comes in pieces. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length > MAX_LINE) {
      onLine(rest);
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

/** Ends the shell and everything it started. */
function endProcess(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch {
      // It has already ended.
    }
  };
  kill('SIGTERM');
  const impatient = setTimeout(() => kill('SIGKILL'), GRACE_MS);
  impatient.unref();
  child.on('close', () => clearTimeout(impatient));
}
