/** The parts of a selection that a command does not apply to: they are named, and the rest is used. */
import { dirname } from 'node:path';
import { l10n } from 'vscode';
import type { CheckpointSummary } from '../../protocol/checkpoints.ts';
import { listed } from '../../shared/listed.ts';
import { displayPath } from '../describe.ts';
import { notifyWarning } from '../ui/notify.ts';

/** The paths that are not part of a selected model; its config and tokenizer are. */
export function strangersTo(models: readonly CheckpointSummary[], paths: readonly string[]): string[] {
  const folders = new Set(models.filter(({ path, files }) => !files.includes(path)).map(({ path }) => path));
  return paths.filter(path => !folders.has(dirname(path)));
}

/** @param failures what looked right but cannot be read, in sentences */
export function tellLeftOut(paths: readonly string[], failures: readonly string[]): void {
  const [failure] = failures;
  const names = listed(paths.map(displayPath));
  if (paths.length > 0)
    void notifyWarning(l10n.t('Left out because there is nothing in it to use: {0}', names));
  if (failure !== undefined) void notifyWarning(l10n.t('Left out: {0}', failure));
}
