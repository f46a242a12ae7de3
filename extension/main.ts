/** Wires everything together, nothing else. */
import { Uri, workspace, type ExtensionContext } from 'vscode';
import { CheckpointStore } from './host/checkpointStore.ts';
import { Commands } from './host/commands/index.ts';
import { InspectorEditor } from './host/editors/inspectorEditor.ts';
import { EngineClient } from './host/engineClient.ts';
import { JobRunner } from './host/jobRunner.ts';
import { JobLedger } from './host/jobs/ledger.ts';
import { Fates } from './host/jobs/fates.ts';
import { WritingJobs } from './host/jobs/writingJobs.ts';
import { Log } from './host/log.ts';
import { MergeMemory } from './host/panels/mergeMemory.ts';
import { StudioPanels } from './host/panels/studioPanels.ts';
import { said } from './host/remedies.ts';
import type { Services } from './host/services.ts';
import { NODE_PATH, readNodePath } from './host/settings.ts';
import { TvqTaskProvider } from './host/tasks/taskProvider.ts';
import { Tools } from './host/tools/index.ts';
import { CheckpointTree } from './host/views/checkpointTree.ts';
import { StatusBar } from './host/views/statusBar.ts';

export function activate(context: ExtensionContext): void {
  const log = new Log();
  const status = new StatusBar();
  const checkpoints = new CheckpointStore(log);
  const client = new EngineClient({
    enginePath: context.asAbsolutePath('dist/engine.mjs'),
    nodePath: readNodePath,
    log,
    said,
    onStopped: () => jobs.engineStopped(),
  });
  const engine = client.requests;
  const jobs = new JobRunner(engine, status, (context.storageUri ?? context.globalStorageUri).fsPath);
  const ledger = new JobLedger(Uri.joinPath(context.globalStorageUri, 'jobs').fsPath);
  const writing = new WritingJobs(jobs, ledger, log);
  const means = { log, engine, checkpoints, jobs, writing, extensionUri: context.extensionUri };
  const studio = new StudioPanels(means, new MergeMemory(context.workspaceState));
  const services: Services = { ...means, studio };
  // Disposed of in this order: first what starts jobs, the log last.
  context.subscriptions.push(
    new Commands(services),
    new InspectorEditor(services, Uri.joinPath(context.globalStorageUri, 'copies').fsPath),
    studio,
    new CheckpointTree(checkpoints),
    new TvqTaskProvider(checkpoints, context.asAbsolutePath('dist/tvq.mjs')),
    new Tools(services),
    client,
    checkpoints,
    status,
    log,
    workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration(NODE_PATH)) client.retire();
    }),
  );
  checkpoints.refresh();
  context.subscriptions.push(new Fates(ledger, services));
  end = async () => {
    ledger.close();
    await client.close();
  };
}

let end = async (): Promise<void> => Promise.resolve();

/** Runs before anything is disposed of: jobs end with the window, and are remembered for the next one. */
export const deactivate = (): Promise<void> => end();
