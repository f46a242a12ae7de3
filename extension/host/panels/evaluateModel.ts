/** The user's evaluation command, with a cancellable notification and its output in the log. */
import { l10n, workspace, Uri } from 'vscode';
import { basename, dirname } from 'node:path';
import type { StudioMetric } from '../../protocol/merge.ts';
import { runEvaluation } from '../evaluation/run.ts';
import type { Log } from '../log.ts';
import { EVALUATION_COMMAND, readEvaluationCommand } from '../settings.ts';
import { withProgress } from '../ui/notify.ts';

const SHOWN = 60;

/** Runs in the model's workspace folder. Rejects with a readable message, or because `abort` was called. */
export async function evaluateModel(
  model: string,
  log: Log,
  abort: AbortController,
): Promise<readonly StudioMetric[]> {
  if (!workspace.isTrusted) throw new Error(l10n.t('Models are not evaluated in Restricted Mode.'));
  const command = readEvaluationCommand();
  if (command === undefined) {
    throw new Error(l10n.t('The setting {0} is empty: there is no command to run.', EVALUATION_COMMAND));
  }
  const folder =
    workspace.getWorkspaceFolder(Uri.file(model))?.uri ??
    workspace.workspaceFolders?.[0]?.uri ??
    Uri.file(dirname(model));
  log.info(`Evaluating ${model}: ${command}`);
  const title = l10n.t('Evaluating {0}', basename(model));
  return withProgress(title, async (report, token) => {
    token.onCancellationRequested(() => abort.abort());
    return runEvaluation({
      command,
      model,
      folder: folder.fsPath,
      signal: abort.signal,
      onLine: line => {
        log.info(line);
        if (line.trim() !== '') report({ message: line.trim().slice(0, SHOWN) });
      },
    });
  });
}
