/** What every language-model tool is. */
import { workspace, type CancellationToken, type PreparedToolInvocation } from 'vscode';
import { UserError } from '../../shared/errors.ts';
import type { Problem } from '../../protocol/results.ts';
import type { Services } from '../services.ts';
import type { Folder } from './workspacePath.ts';

export interface Tool {
  /** What to show, and ask, before the tool runs. No side effects; `input` is unchecked here and below. */
  prepare(services: Services, input: unknown): Promise<PreparedToolInvocation> | PreparedToolInvocation;
  /** @returns the answer to the model, as JSON */
  invoke(services: Services, input: unknown, token: CancellationToken): Promise<object>;
}

/** Where a tool may read and write. */
export function workspaceFolders(): Folder[] {
  const local = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  return local.map(({ name, uri }) => ({ name, path: uri.fsPath }));
}

/** Throws what prevents a plan from running, so that the model gets it before the user is asked. */
export function refuseProblems(problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new UserError(errors.map(({ message }) => message));
}
