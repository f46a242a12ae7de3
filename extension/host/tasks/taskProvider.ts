/** Tasks of type `tvq`: the bundled command line, from tasks.json and from "Run Task". */
import {
  ProcessExecution,
  Task,
  tasks,
  TaskScope,
  Uri,
  workspace,
  type TaskDefinition,
  type TaskProvider,
} from 'vscode';
import { printable } from '../../shared/printable.ts';
import type { CheckpointStore } from '../checkpointStore.ts';
import { Disposable } from '../disposable.ts';
import { findNodeRuntime, type NodeRuntime } from '../nodeRuntime.ts';
import { readNodePath } from '../settings.ts';
import { argumentsOf, invocationOf, TASK_TYPE, verifyTask } from './definition.ts';

/** A longer list of proposals would hide other extensions' tasks; tasks.json can name any file. */
const MAX_PROPOSED = 30;
const PROBLEM_MATCHER = '$tvq';

export class TvqTaskProvider extends Disposable implements TaskProvider {
  constructor(
    private readonly checkpoints: CheckpointStore,
    /** The bundled command, dist/tvq.mjs. */
    private readonly cliPath: string,
  ) {
    super();
    this._register(tasks.registerTaskProvider(TASK_TYPE, this));
  }

  /** Offers to verify each .tvq file; everything else needs arguments. */
  async provideTasks(): Promise<Task[]> {
    if (!workspace.isTrusted) return [];
    const { tvqFiles } = await this.checkpoints.snapshot();
    const runtime = await findNodeRuntime(readNodePath());
    return tvqFiles.slice(0, MAX_PROPOSED).flatMap(({ path }) => {
      const folder = workspace.getWorkspaceFolder(Uri.file(path));
      if (folder === undefined) return [];
      const definition = verifyTask(path, folder.uri.fsPath);
      return [this.taskOf(definition, definition.args, folder, definition.args.join(' '), runtime)];
    });
  }

  async resolveTask({ definition, scope, name }: Task): Promise<Task | undefined> {
    const args = argumentsOf(definition);
    if (!workspace.isTrusted || args === undefined) return undefined;
    const runtime = await findNodeRuntime(readNodePath());
    return this.taskOf(definition, args, scope ?? TaskScope.Workspace, name, runtime);
  }

  private taskOf(
    definition: TaskDefinition,
    args: readonly string[],
    scope: NonNullable<Task['scope']>,
    name: string,
    runtime: NodeRuntime,
  ): Task {
    const { process, args: all, env } = invocationOf(runtime, this.cliPath, args);
    const execution = new ProcessExecution(process, all, { env });
    return new Task(definition, scope, printable(name), TASK_TYPE, execution, PROBLEM_MATCHER);
  }
}
