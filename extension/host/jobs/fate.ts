/** What became of a job whose window is gone. No `vscode` here: tests run it as it is. */
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isInside } from '../paths.ts';
import type { JobRecord } from './ledger.ts';
import { removeLeftoversOf, type WritingRecipe } from './writing.ts';

/** Disks keep times less exactly than clocks tell them. */
const CLOCK_MS = 2000;
/** An engine that lost its host removes what it wrote within this; what is written then, somebody else writes. */
const PATIENCE_MS = 6000;
const ROUND_MS = 500;

/**
 * `finished`: its output is there; `nothing`: there is none; `unchanged`: it was to replace one, which is as it was;
 * `writing`: somebody writes it now.
 */
export type Fate = 'finished' | 'nothing' | 'unchanged' | 'writing';

/** Removes what was left of it, and looks at its output. */
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

/** Whether a window with these folders is one to tell it in: that of the same project. */
export function concerns({ folders, recipe }: JobRecord, open: readonly string[]): boolean {
  if (folders.length === 0 || open.length === 0) return folders.length === open.length;
  return open.some(folder => folders.includes(folder) || isInside(recipe.output, folder));
}
