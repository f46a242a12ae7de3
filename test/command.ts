/** The `tvq` command, for tests. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { main } from '../extension/engine/cli/main.ts';

export interface Printed {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As shipped. */
export const COMMAND = fileURLToPath(new URL('../dist/tvq.mjs', import.meta.url));

/** Runs the command as shipped, in a process of its own: for what only a process can show. */
export function started(...args: string[]): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    child.on('close', status => resolve({ status, stdout, stderr }));
  });
}

/** Runs the command in this process, one at a time: starting one takes longer than most commands. */
export async function tvq(...args: string[]): Promise<Printed> {
  const printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map(name =>
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      printed[name] += text.toString();
      return true;
    }),
  );
  try {
    return { status: await main(args, new AbortController().signal), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
