/** Wires everything together, nothing else. */
import { window, workspace, type ExtensionContext } from 'vscode';
import { CheckpointStore } from './host/checkpointStore.ts';
import { Commands } from './host/commands/index.ts';
import { InspectorEditor } from './host/editors/inspectorEditor.ts';
import { EngineClient } from './host/engineClient.ts';
import { JobRunner } from './host/jobRunner.ts';
import { StudioPanels } from './host/panels/studioPanels.ts';
import type { Services } from './host/services.ts';
import { NODE_PATH, readNodePath } from './host/settings.ts';
import { CheckpointTree } from './host/views/checkpointTree.ts';
import { StatusBar } from './host/views/statusBar.ts';

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('TVQ Studio', { log: true });
  const status = new StatusBar();
  const checkpoints = new CheckpointStore(log);
  const engine = new EngineClient({
    enginePath: context.asAbsolutePath('dist/engine.mjs'),
    nodePath: readNodePath,
    log,
    onStopped: () => jobs.engineStopped(),
  });
  const jobs = new JobRunner(engine, status);
  const means = { log, engine, checkpoints, jobs, extensionUri: context.extensionUri };
  const studio = new StudioPanels(means);
  const services: Services = { ...means, studio };
  // Given back in this order: first what starts jobs, the log last.
  context.subscriptions.push(
    new Commands(services),
    new InspectorEditor(services),
    studio,
    new CheckpointTree(checkpoints),
    engine,
    checkpoints,
    status,
    log,
    workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration(NODE_PATH)) engine.retire();
    }),
  );
  checkpoints.refresh();
}
