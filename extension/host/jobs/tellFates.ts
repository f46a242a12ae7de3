/** Tells, when a window starts, what became of jobs whose window was closed or reloaded. */
import { basename } from 'node:path';
import { l10n, workspace } from 'vscode';
import { checkTrust, showError } from '../errors.ts';
import { reveal } from '../reveal.ts';
import type { Services } from '../services.ts';
import { notify, notifyWarning } from '../ui/notify.ts';
import { startAgain } from './again.ts';
import { concerns, fateOf, type Fate } from './fate.ts';
import type { JobLedger, JobRecord } from './ledger.ts';

/** Each job once, in one window of the same project. Costs a look into a folder where there was none. */
export async function tellFates(ledger: JobLedger, services: Services): Promise<void> {
  try {
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    for (const entry of await ledger.lost()) {
      if (!concerns(entry.record, folders) || !(await ledger.take(entry))) continue;
      // One waits for its notification to be answered; the others need not.
      void tell(services, entry.record).catch((error: unknown) => showError(services.log, error));
    }
  } catch (error) {
    services.log.error(error);
  }
}

async function tell(services: Services, record: JobRecord): Promise<void> {
  const { recipe } = record;
  const fate = await fateOf(record);
  const message = describe(record, fate);
  services.log.info(message);
  if (fate === 'finished' || fate === 'writing') {
    const show = l10n.t('Reveal');
    if ((await notify(message, show)) === show) await reveal(recipe.output);
    return;
  }
  const again = l10n.t('Start Again');
  if ((await notifyWarning(message, again)) === again && (await checkTrust()))
    await startAgain(services, recipe);
}

function describe({ title, recipe }: JobRecord, fate: Fate): string {
  const name = basename(recipe.output);
  switch (fate) {
    case 'finished':
      return l10n.t('{0}: this was finished before its window was closed or reloaded.', title);
    case 'writing':
      return l10n.t('{0}: its window was closed or reloaded; somebody else writes {1} now.', title, name);
    case 'nothing':
      return l10n.t(
        '{0}: its window was closed or reloaded, which ended it. Nothing was written; finished parts were removed.',
        title,
      );
    case 'unchanged':
      return l10n.t(
        '{0}: its window was closed or reloaded, which ended it. {1} is as it was before; finished parts were removed.',
        title,
        name,
      );
  }
}
