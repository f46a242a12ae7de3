/** What happened to a job whose window is gone. No `vscode` here, so that tests can run it. */
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isInside } from '../../files/isInside.ts';
import type { JobRecord } from './ledger.ts';
import { removeLeftoversOf, type WritingRecipe } from './writing.ts';

/** File times on disk are less exact than the clock. */
const CLOCK_MS = 2000;
/** An engine that lost its host removes what it wrote within this time; after that, any writer is another process. */
const PATIENCE_MS = 6000;
const ROUND_MS = 500;

/**
 * `finished`: its output exists; `nothing`: it does not; `unchanged`: the job was to replace one, which is unchanged;
 * `writing`: the output is being written now.
 */
export type Fate = 'finished' | 'nothing' | 'unchanged' | 'writing';

/** Removes what the job left behind, and checks its output. */
export async function fateOf(
  { recipe, started }: Pick<JobRecord, 'recipe' | 'started'>,
  patience = PATIENCE_MS,
): Promise<Fate> {
  if (await isWritten(recipe, patience)) return 'writing';
  const info = await stat(recipe.output).catch(() => undefined);
  if (info === undefined) return 'nothing';
  return info.mtimeMs >= started - CLOCK_MS ? 'finished' : 'unchanged';
}

async function isWritten(recipe: WritingRecipe, patience: number): Promise<boolean> {
  for (const end = Date.now() + patience; await removeLeftoversOf(recipe); await sleep(ROUND_MS))
    if (Date.now() >= end) return true;
  return false;
}

/** Whether a window with these folders should report the job: one of the same project. */
export function concerns({ folders, recipe }: JobRecord, open: readonly string[]): boolean {
  if (folders.length === 0 || open.length === 0) return folders.length === open.length;
  return open.some(folder => folders.includes(folder) || isInside(recipe.output, folder));
}
