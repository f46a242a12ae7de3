/** When a window that has just come up sees what happens in its folder. */
import { rm, writeFile } from 'node:fs/promises';
import { reaches } from './reaches.ts';
import type { Workbench } from './workbench.ts';
import type { Workspace } from './workspace.ts';

const ROUNDS = 40;
const ROUND_MS = 2500;

/**
 * Lets files come and go until the explorer shows it. A window is on the screen before its file watcher runs; what
 * is written in between is in no list and no event, and the explorer would not show it at all.
 */
export async function settled(workbench: Workbench, workspace: Workspace): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    const name = `comes and goes ${round}`;
    const item = workbench.explorerItem(name);
    await writeFile(workspace.path(name), '');
    const came = await reaches(item, 'visible', ROUND_MS);
    await rm(workspace.path(name));
    // The first list may have the file already, so that only its going is an event.
    if (came && (await reaches(item, 'detached', ROUND_MS))) return;
  }
  throw new Error('VS Code does not see what is written into its folder');
}
