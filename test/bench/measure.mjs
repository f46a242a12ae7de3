import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Runs a command. @returns its stdout, wall seconds, and peak resident bytes if there is a /proc */
export function measure(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
    let output = '';
    let peak = 0;
    const sample = () => {
      try {
        const [, kB] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        peak = Math.max(peak, 1024 * Number(kB ?? 0));
      } catch {
        // it ended between two samples, or this is not Linux
      }
    };
    const timer = setInterval(sample, 20);
    child.stdout.on('data', data => (output += data));
    child.on('error', reject);
    child.on('close', status => {
      clearInterval(timer);
      const seconds = (performance.now() - started) / 1000;
      if (status === 0) resolve({ output, seconds, peak });
      else reject(new Error(`${command} ${args.join(' ')} ended with status ${status}`));
    });
  });
}
