/** Locks as left by other processes. */
import { utimes, writeFile } from 'node:fs/promises';
import { hiddenName, lockName } from '../extension/files/hiddenNames.ts';
import { newWriter, type Writer } from '../extension/files/lock/writer.ts';

/** A process id that nobody has: Linux's largest is 2^22. */
export const NOBODY = 2 ** 22 + 1;

/** An id that no lock has. */
export const ID = '0123456789abcdef';

/** Puts a lock beside an output: that of a dead process on this machine, with changes. @param age seconds since its last beat */
export async function leaveLock(target: string, changes: Partial<Writer> = {}, age = 0): Promise<Writer> {
  const writer = { ...(await newWriter()), token: ID, pid: NOBODY, ...changes };
  await writeFile(lockName(target), `${JSON.stringify(writer)}\n`);
  await setAge(lockName(target), age);
  return writer;
}

/** Sets a file's time to `age` seconds ago. */
export async function setAge(file: string, age: number): Promise<void> {
  const time = Date.now() / 1000 - age;
  await utimes(file, time, time);
}

/** What a killed writer leaves: its lock, and something half done. */
export async function leaveHalf(target: string, changes: Partial<Writer> = {}): Promise<string> {
  const { token } = await leaveLock(target, changes);
  const half = hiddenName(target, token, 'tmp');
  await writeFile(half, 'half');
  return half;
}
