/** Runs jobs that write: the fate of each is recorded, and none starts on an output that another one writes. */
import { resolve } from 'node:path';
import { l10n, workspace, type CancellationToken } from 'vscode';
import { exists } from '../../files/exists.ts';
import type { Progress } from '../../protocol/results.ts';
import type { RequestHooks } from '../engineClient.ts';
import { CancelledError, OutputTakenError } from '../engineErrors.ts';
import type { JobRunner, Work } from '../jobRunner.ts';
import type { Log } from '../log.ts';
import { askAnotherName } from './anotherName.ts';
import type { JobLedger } from './ledger.ts';
import { removeLeftoversOf, type WritingJob, type WritingRecipe } from './writing.ts';

export interface WritingOptions {
  /** A page that shows the progress itself; without one, a notification does. */
  readonly hooks?: RequestHooks;
  /** Cancels too, besides the notification's own button. */
  readonly cancel?: CancellationToken;
  /** Sees the progress too, besides the notification. */
  readonly onProgress?: RequestHooks['onProgress'];
  /** Whether to ask the user for another name; a language model gets an error instead. */
  readonly ask?: boolean;
}

export class WritingJobs {
  constructor(
    private readonly jobs: JobRunner,
    private readonly ledger: JobLedger,
    private readonly log: Log,
  ) {}

  /** Rejects with what the job rejects with; with CancelledError when the user cancels it or gives up its output. */
  async run<Recipe extends WritingRecipe, Result>(
    job: WritingJob<Recipe, Result>,
    options: WritingOptions = {},
  ): Promise<Result> {
    for (let { recipe } = job; ;) {
      try {
        await this.refuseTaken(recipe);
        return await this.remembered({ ...job, recipe }, options);
      } catch (error) {
        if (!(error instanceof OutputTakenError) || options.ask === false) throw error;
        const output = await askAnotherName(recipe, error.message, path => this.isTaken(path));
        if (output === undefined) throw new CancelledError();
        recipe = { ...recipe, output: output.path, overwrite: output.overwrite };
      }
    }
  }

  private async remembered<Recipe extends WritingRecipe, Result>(
    job: WritingJob<Recipe, Result>,
    options: WritingOptions,
  ): Promise<Result> {
    const { recipe } = job;
    const title = job.title(recipe);
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const end = await this.ledger.add({ title, recipe, started: Date.now(), folders });
    try {
      return await this.start(title, job, options);
    } catch (error) {
      // An engine that crashed or was killed leaves what it wrote.
      await removeLeftoversOf(recipe).catch((fault: unknown) => this.log.error(fault));
      throw error;
    } finally {
      await end();
    }
  }

  private start<Recipe extends WritingRecipe, Result>(
    title: string,
    { recipe, send }: WritingJob<Recipe, Result>,
    { hooks, cancel, onProgress }: WritingOptions,
  ): Promise<Result> {
    // Check again: it may have waited an hour for its turn.
    const begin: Work<Result> = async (engine, options, reporting) => {
      await refuseExisting(recipe);
      return send(engine, recipe, options, reporting);
    };
    if (hooks) return this.jobs.follow(title, begin, hooks);
    return this.jobs.run(
      title,
      (engine, options, shown) => {
        const both = (progress: Progress) => {
          shown.onProgress(progress);
          onProgress?.(progress);
        };
        return begin(engine, options, { token: shown.token, onProgress: both });
      },
      cancel,
    );
  }

  /** @throws OutputTakenError */
  private async refuseTaken(recipe: WritingRecipe): Promise<void> {
    const other = await this.ledger.writing(recipe.output);
    if (other === undefined) return refuseExisting(recipe);
    const since = new Date(other.started).toLocaleTimeString();
    throw new OutputTakenError(
      other.isOurs
        ? l10n.t('{0} is already being written: {1} (since {2}).', recipe.output, other.title, since)
        : l10n.t(
            '{0} is being written by another window: {1} (since {2}).',
            recipe.output,
            other.title,
            since,
          ),
    );
  }

  private async isTaken(path: string): Promise<boolean> {
    return (await exists(path)) || (await this.ledger.writing(path)) !== undefined;
  }
}

/** @throws OutputTakenError */
async function refuseExisting({ output, overwrite }: WritingRecipe): Promise<void> {
  if (!overwrite && (await exists(resolve(output)))) {
    throw new OutputTakenError(l10n.t('{0} now exists.', output));
  }
}
