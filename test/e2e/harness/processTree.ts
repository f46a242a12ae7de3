/** Ends a process with everything it started: extension host and file watcher outlive their parent. */
import type { ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';

export async function killTree(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  const pids = await descendants(child.pid);
  for (const pid of [child.pid, ...pids]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue; // already ended
    }
  }
  if (child.exitCode === null && child.signalCode === null) await ended;
}

/** Process ids below `root` whose command line has the text. */
export async function descendantsRunning(root: number, text: string): Promise<number[]> {
  const pids = await descendants(root);
  const lines = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_, i) => lines[i]?.includes(text));
}

/** Children, their children and so on, from /proc (code-server runs on Linux only). */
export async function descendants(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The command's name is in brackets and may hold anything, so count from its end: state, then parent.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent > 0) parents.set(pid, parent);
  }
  const found = new Set([root]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  found.delete(root);
  return [...found];
}
