/** The step that chooses where the result goes; nothing is ever overwritten without asking. */
import { basename, dirname } from 'node:path';
import { l10n, Uri, window } from 'vscode';
import { exists } from '../../files/exists.ts';
import { displayPath } from '../describe.ts';
import { askModal } from './notify.ts';
import { pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

export interface Output {
  readonly path: string;
  /** Something exists there, and the user agreed to lose it. */
  readonly overwrite: boolean;
}

export interface OutputKind {
  /** With the dot. */
  readonly extension: string;
  /** Name of the file type in the save dialog. */
  readonly label: string;
}

export interface Proposal {
  readonly path: string;
  /** What would be written there, if there is a choice. */
  readonly meaning?: string;
}

interface OutputItem extends PickItem {
  readonly path?: string;
}

/** Offers the proposals and, for a file of `kind`, the save dialog, which starts at the last one. */
export async function pickOutput(
  at: Position,
  proposals: readonly Proposal[],
  kind: OutputKind,
): Promise<Output | 'back' | 'cancel'> {
  const items: OutputItem[] = await Promise.all(proposals.map(proposalItem));
  const start = proposals.at(-1)?.path ?? '';
  items.push({ label: l10n.t('Another name or folder…') });
  for (;;) {
    const answer = await pick({ at, placeholder: l10n.t('Output'), items });
    if (answer === 'back' || answer === 'cancel') return answer;
    const path = answer === 'button' ? undefined : answer[0]?.path;
    const output = path === undefined ? await saveDialog(start, kind) : await confirm(path, kind);
    if (output !== undefined) return output;
  }
}

async function proposalItem({ path, meaning }: Proposal): Promise<OutputItem> {
  const taken = l10n.t('Already exists; you will be asked before it is overwritten');
  const isTaken = await exists(path);
  return {
    label: basename(path),
    description: l10n.t('in {0}', displayPath(dirname(path))),
    detail: isTaken ? taken : meaning,
    detailIcon: isTaken ? 'warning' : undefined,
    path,
  };
}

/** The path itself when it is free or may be overwritten, another one from the dialog, undefined for neither. */
async function confirm(path: string, kind: OutputKind): Promise<Output | undefined> {
  if (!(await exists(path))) return { path, overwrite: false };
  const overwrite = l10n.t('Overwrite');
  const rename = l10n.t('Another Name…');
  const message = l10n.t('{0} already exists. Overwrite it?', basename(path));
  const pressed = await askModal(message, path, overwrite, rename);
  if (pressed === overwrite) return { path, overwrite: true };
  return pressed === rename ? saveDialog(path, kind) : undefined;
}

async function saveDialog(proposed: string, kind: OutputKind): Promise<Output | undefined> {
  const uri = await window.showSaveDialog({
    defaultUri: Uri.file(proposed),
    filters: { [kind.label]: [kind.extension.slice(1)] },
  });
  if (uri === undefined) return undefined;
  // The dialog asked about the typed name only, not about the completed one.
  if (!uri.fsPath.endsWith(kind.extension)) return confirm(uri.fsPath + kind.extension, kind);
  return { path: uri.fsPath, overwrite: await exists(uri.fsPath) };
}
