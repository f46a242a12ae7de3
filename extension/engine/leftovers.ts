/** What a process that was killed left of the outputs it was writing: hidden, and as large as they. */
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isTemporaryName } from './aside.ts';
import { removeStale } from './atomic.ts';
import { partialsOf, removeAll } from './merge/output/partialFolder.ts';

/** Removes them, where no living process writes the output. @returns whether something is left, of a living one */
export async function removeLeftovers(output: string): Promise<boolean> {
  try {
    await removeStale(output);
    await removeAll(await partialsOf(output));
  } catch {
    // Somebody writes it, or its folder is not there: what follows tells.
  }
  const names = await readdir(dirname(output)).catch((): string[] => []);
  return names.some(name => name.startsWith(`.${basename(output)}.`) && isTemporaryName(name));
}
