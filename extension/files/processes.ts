import { readFile } from 'node:fs/promises';

/** Whether a process is running on this machine. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** State and start of a process in ticks since the machine's boot; undefined if the system (any but Linux) does not
 * say. */
async function statusOf(pid: number): Promise<{ state: string; started: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The program's name may contain spaces and brackets; after its last bracket come the state (3rd field) and the rest.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return state && started ? { state, started } : undefined;
}

/** When a process started, if the system says: process ids are reused, in containers always for the same program. */
export const startOf = async (pid: number): Promise<string | undefined> => (await statusOf(pid))?.started;

/** Whether the process with this id and start time is still running. */
export async function isRunning(pid: number, started: string | undefined): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const status = await statusOf(pid);
  if (status?.state === 'Z') return false; // killed, but its parent has not collected it yet
  return started === undefined || status === undefined || status.started === started;
}
