/** What commands and views work with; made once in main.ts. */
import type { Uri } from 'vscode';
import type { CheckpointStore } from './checkpointStore.ts';
import type { EngineClient } from './engineClient.ts';
import type { JobRunner } from './jobRunner.ts';
import type { WritingJobs } from './jobs/writingJobs.ts';
import type { Log } from './log.ts';
import type { StudioPanels } from './panels/studioPanels.ts';

export interface Services {
  readonly log: Log;
  readonly engine: EngineClient;
  readonly checkpoints: CheckpointStore;
  readonly jobs: JobRunner;
  /** Jobs that write an output go through this. */
  readonly writing: WritingJobs;
  readonly studio: Pick<StudioPanels, 'open'>;
  readonly extensionUri: Uri;
}
