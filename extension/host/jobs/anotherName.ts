/** Asks where a job's result should go if its output was taken before the job began. */
import { basename } from 'node:path';
import { l10n, Uri, window } from 'vscode';
import { exists } from '../../files/exists.ts';
import { freeName } from '../../files/otherNames.ts';
import { askModal } from '../ui/notify.ts';
import type { Output } from '../ui/outputPick.ts';
import type { WritingRecipe } from './writing.ts';

/** @returns undefined when the job is given up */
export async function askAnotherName(
  { output }: WritingRecipe,
  why: string,
  isTaken: (path: string) => Promise<boolean>,
): Promise<Output | undefined> {
  const free = await freeName(output, isTaken);
  const take = l10n.t('Write to {0}', basename(free));
  const choose = l10n.t('Another Name…');
  const pressed = await askModal(l10n.t('Choose another name for {0}', basename(output)), why, take, choose);
  if (pressed === take) return { path: free, overwrite: false };
  if (pressed !== choose) return undefined;
  const uri = await window.showSaveDialog({ defaultUri: Uri.file(free), saveLabel: l10n.t('Write Here') });
  // The dialog itself asks before replacing a file, and does not let a folder be chosen.
  return uri && { path: uri.fsPath, overwrite: await exists(uri.fsPath) };
}
