/** Reports, when a window starts, what happened to jobs whose window was closed or reloaded. */
import { basename } from 'node:path';
import { l10n, workspace } from 'vscode';
import { Disposable } from '../disposable.ts';
import { checkTrust, showError } from '../errors.ts';
import { reveal } from '../reveal.ts';
import type { Services } from '../services.ts';
import { notify, notifyWarning } from '../ui/notify.ts';
import { concerns, fateOf, type Fate } from './fate.ts';
import type { JobLedger, JobRecord } from './ledger.ts';

/** A reloaded window starts while its former self is still ending; and another window may be closed at any time. */
const AGAIN_MS = 5000;

/** Reports each job once, in one window of the same project. Reads one folder, again and again while other windows
 * work. */
export class Fates extends Disposable {
  private next: NodeJS.Timeout | undefined;

  constructor(
    private readonly ledger: JobLedger,
    private readonly services: Services,
  ) {
    super();
    this._register({ dispose: () => clearTimeout(this.next) });
    void this.look().catch((error: unknown) => services.log.error(error));
  }

  private async look(): Promise<void> {
    const { services, ledger } = this;
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const { lost, others } = await ledger.look();
    for (const entry of lost) {
      if (!concerns(entry.record, folders) || !(await ledger.take(entry))) continue;
      // Each waits for an answer to its notification; the others should not wait for that.
      void tell(services, entry.record).catch((error: unknown) => showError(services.log, error));
    }
    if (!others) return;
    const again = () => void this.look().catch((error: unknown) => services.log.error(error));
    this.next = setTimeout(again, AGAIN_MS).unref();
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
  if ((await notifyWarning(message, again)) !== again || !(await checkTrust())) return;
  const { startAgain } = await import('./again.ts');
  await startAgain(services, recipe);
}

function describe({ title, recipe }: JobRecord, fate: Fate): string {
  const name = basename(recipe.output);
  switch (fate) {
    case 'finished':
      return l10n.t('{0}: this was finished before its window was closed or reloaded.', title);
    case 'writing':
      return l10n.t(
        '{0}: its window was closed or reloaded; something else is writing {1} now.',
        title,
        name,
      );
    case 'nothing':
      return l10n.t(
        '{0}: its window was closed or reloaded, which ended it. Nothing was written; finished parts were removed.',
        title,
      );
    case 'unchanged':
      return l10n.t(
        '{0}: its window was closed or reloaded, which ended it. {1} is unchanged; finished parts were removed.',
        title,
        name,
      );
  }
}
