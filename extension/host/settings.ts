/** The `tvq.*` settings as the engine wants them. */
import { l10n, workspace } from 'vscode';
import { parseSize } from '../shared/parseSize.ts';
import type { RunOptions } from '../protocol.ts';

/** Throws with the setting's name when one is malformed. */
export function readRunOptions(): RunOptions {
  const settings = workspace.getConfiguration('tvq');
  const memoryText = settings.get<string>('memory', '1GiB');
  const memory = parseSize(memoryText);
  if (memory === undefined) {
    throw new Error(
      l10n.t('The setting tvq.memory, "{0}", is not a size. Write for example "1GiB".', memoryText),
    );
  }
  return {
    backend: settings.get<RunOptions['backend']>('backend', 'auto'),
    memory,
    threads: settings.get<number>('threads', 0),
  };
}

/** Whether NaN and infinity may be written where they come out of a merge or a restoration. */
export const readAllowNonfinite = (): boolean =>
  workspace.getConfiguration('tvq').get<boolean>('allowNonfinite', false);

export const NODE_PATH = 'tvq.engine.nodePath';

/** The executable for the engine; empty: find one. */
export function readNodePath(): string {
  return workspace.getConfiguration().get<string>(NODE_PATH, '');
}

/** The command that scores a merged model, with `${model}` for its folder; undefined: none is set. */
export function readEvaluationCommand(): string | undefined {
  const command = workspace.getConfiguration('tvq').get<string>('evaluation.command', '').trim();
  return command === '' ? undefined : command;
}
