/** Waits until a newly opened window sees changes in its folder. */
import { rm, writeFile } from 'node:fs/promises';
import { reaches } from './reaches.ts';
import type { Workbench } from './workbench.ts';
import type { Workspace } from './workspace.ts';

const ROUNDS = 20;
/** How much longer each round is than the one before: a slow machine shows a change later. */
const LONGER_MS = 700;

/**
 * Creates and deletes files until the explorer shows it. A window is visible before its file watcher runs; what is
 * written in between is in no list and causes no event, so the explorer never shows it.
 */
export async function settled(workbench: Workbench, workspace: Workspace): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    const name = `comes and goes ${round}`;
    const item = workbench.explorerItem(name);
    await writeFile(workspace.path(name), '');
    const came = await reaches(item, 'visible', round * LONGER_MS);
    await rm(workspace.path(name));
    // The first list may already have the file, so that only its deletion causes an event.
    if (came && (await reaches(item, 'detached', round * LONGER_MS))) return;
  }
  throw new Error('VS Code does not see what is written into its folder');
}
