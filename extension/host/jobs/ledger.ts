/**
 * Jobs that write, recorded on disk while they wait and run, so that the next window can report those whose window is
 * gone: one file per job, in a folder that all windows share. No `vscode` here, so that tests can run it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { isRunning } from '../../files/processes.ts';
import type * as Recipe from '../../protocol/recipeSchemas.ts';
import type { WritingRecipe } from './writing.ts';

/** Jobs not reported within this time, because their workspace was never opened again, are forgotten. */
const KEPT_MS = 30 * 24 * 3600_000;
/** We never have more records than this. */
const MOST = 1000;
const NAME = /^(\d+)-[0-9a-f]{16}\.json$/;

export interface JobRecord {
  readonly title: string;
  readonly recipe: WritingRecipe;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Folders of the window it was started in. */
  readonly folders: readonly string[];
  /** Of the extension host. */
  readonly pid: number;
  readonly host: string;
}

/** A record, and the file it is in. */
export interface JobEntry {
  readonly file: string;
  readonly record: JobRecord;
}

export class JobLedger {
  /** Files of this process's jobs: a process id alone may be a dead process's. */
  private readonly own = new Set<string>();
  private closed = false;

  constructor(private readonly folder: string) {}

  /** @returns a function that ends the record; it does nothing if the ledger was closed meanwhile */
  async add(job: Omit<JobRecord, 'pid' | 'host'>): Promise<() => Promise<void>> {
    const file = join(this.folder, `${process.pid}-${randomBytes(8).toString('hex')}.json`);
    this.own.add(file);
    const record: JobRecord = { ...job, pid: process.pid, host: hostname() };
    await mkdir(this.folder, { recursive: true });
    await writeFile(file, JSON.stringify(record));
    return async () => {
      if (this.closed) return;
      this.own.delete(file);
      await rm(file, { force: true });
    };
  }

  /** The window closes: running jobs end with it, and their records stay for the next window. */
  close(): void {
    this.closed = true;
  }

  /** The job that writes an output, or is waiting to, in this window or another. */
  async writing(output: string): Promise<(JobRecord & { readonly isOurs: boolean }) | undefined> {
    for (const { file, record } of await this.entries())
      if ((await this.isLive(file, record)) && resolve(record.recipe.output) === resolve(output))
        return { ...record, isOurs: this.own.has(file) };
    return undefined;
  }

  /** Jobs whose window is gone, oldest first, and whether other windows have any. Deletes records that are too old. */
  async look(): Promise<{ readonly lost: readonly JobEntry[]; readonly others: boolean }> {
    const entries = await this.entries();
    const old = entries.filter(({ record }) => Date.now() - record.started > KEPT_MS);
    for (const { file } of old) await rm(file, { force: true });
    const alive = await Promise.all(entries.map(({ file, record }) => this.isLive(file, record)));
    const live = entries.filter((_, i) => alive[i]);
    const lost = entries.filter(entry => !old.includes(entry) && !live.includes(entry));
    return {
      lost: lost.sort((a, b) => a.record.started - b.record.started),
      others: live.some(({ file }) => !this.own.has(file)),
    };
  }

  /** Takes a record, so that only one window reports it. @returns whether it was still there */
  async take({ file }: JobEntry): Promise<boolean> {
    return rm(file).then(
      () => true,
      () => false,
    );
  }

  /** Another machine's process cannot be checked: the next window there reports it. */
  private async isLive(file: string, { pid, host }: JobRecord): Promise<boolean> {
    if (this.own.has(file) || host !== hostname()) return true;
    return pid !== process.pid && (await isRunning(pid, undefined));
  }

  private async entries(): Promise<JobEntry[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    const files = names.filter(name => NAME.test(name)).slice(0, MOST);
    if (files.length === 0) return [];
    // Most windows find no records, and do not need the schemas.
    const recipes = await import('../../protocol/recipeSchemas.ts');
    const entries = await Promise.all(files.map(name => read(join(this.folder, name), recipes)));
    return entries.filter(entry => entry !== undefined);
  }
}

type Recipes = typeof Recipe;

/** undefined if it is not a valid record: from another version, or half written. */
async function read(file: string, recipes: Recipes): Promise<JobEntry | undefined> {
  try {
    return { file, record: checkRecord(JSON.parse(await readFile(file, 'utf8')), recipes) };
  } catch {
    return undefined;
  }
}

function checkRecord(value: unknown, recipes: Recipes): JobRecord {
  const { title, started, folders, pid, host, recipe } = value as Record<keyof JobRecord, unknown>;
  const isRecord =
    typeof title === 'string' &&
    typeof started === 'number' &&
    typeof pid === 'number' &&
    typeof host === 'string' &&
    Array.isArray(folders) &&
    folders.every(folder => typeof folder === 'string');
  if (!isRecord) throw new Error('this is not a record of a job');
  return { title, started, folders, pid, host, recipe: checkRecipe(recipe, recipes) };
}

/** Checked as from every other source. */
function checkRecipe(recipe: unknown, recipes: Recipes): WritingRecipe {
  switch ((recipe as Partial<WritingRecipe> | undefined)?.kind) {
    case 'quantize':
      return recipes.parseQuantizeRecipe(recipe);
    case 'restore':
      return recipes.parseRestoreRecipe(recipe);
    default:
      return recipes.parseMergeRecipe(recipe);
  }
}
