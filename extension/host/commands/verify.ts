import { basename } from 'node:path';
import { l10n } from 'vscode';
import { notify } from '../ui/notify.ts';
import type { Run } from './command.ts';
import { tvqArgument } from './selection.ts';

/** Reads every payload of a .tvq file and compares its checksum. */
export const run: Run = async ({ jobs, log }, ...args) => {
  const path = await tvqArgument(args);
  if (path === undefined) return;
  const name = basename(path);
  const result = await jobs.run(l10n.t('Verifying {0}', name), (engine, options, hooks) =>
    engine.verify(path, options, hooks),
  );
  const [first] = result.damaged;
  if (first === undefined) {
    const message = l10n.t('{0} is intact: {1} checksums match.', name, result.checked);
    void notify(message);
    return;
  }
  for (const line of result.damaged) log.error(`${path}: ${line}`);
  const more = result.damaged.length - 1;
  throw new Error(
    more > 0
      ? l10n.t('{0} is damaged: {1} (and {2} more)', name, first, more)
      : l10n.t('{0} is damaged: {1}', name, first),
  );
};
