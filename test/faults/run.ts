/** Runs programs in which a system call goes wrong. */
import { spawn } from 'node:child_process';

export interface Fault {
  /** `read`, `write`, `sync`, `close`, `rename`, `link`, `rm`, `mkdir`, `open` (to write), `openRead`. */
  readonly calls: readonly string[];
  /** A regular expression for the file's path. */
  readonly path?: string;
  readonly nth?: number;
  /** Only in threads, which read tensors; headers are read in the main one. */
  readonly threads?: true;
  /** An error's code, `short` or `kill`. */
  readonly effect: string;
}

export interface Ended {
  readonly status: number | null;
  readonly killed: boolean;
  readonly stderr: string;
}

const inject = new URL('inject.mjs', import.meta.url).href;

/** Runs a Node script with or without a fault. */
export function runWith(fault: Fault | undefined, script: string, args: readonly string[]): Promise<Ended> {
  const preload = fault ? ['--import', inject] : [];
  const env = { ...process.env, TVQ_TEST_FAULT: JSON.stringify(fault) };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...preload, script, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, killed: signal === 'SIGKILL', stderr }));
  });
}
