/** What commands and views use; created once in main.ts. */
import type { Uri } from 'vscode';
import type { StudioSelection } from '../protocol/studio.ts';
import type { CheckpointStore } from './checkpointStore.ts';
import type { Engine } from './engineClient.ts';
import type { JobRunner } from './jobRunner.ts';
import type { WritingJobs } from './jobs/writingJobs.ts';
import type { Log } from './log.ts';

export interface Services {
  readonly log: Log;
  readonly engine: Engine;
  readonly checkpoints: CheckpointStore;
  readonly jobs: JobRunner;
  /** Jobs that write an output go through this. */
  readonly writing: WritingJobs;
  /** Opens a Studio; without a selection its page offers to choose one. */
  readonly studio: { open(selection: StudioSelection | undefined): Promise<void> };
  readonly extensionUri: Uri;
}
