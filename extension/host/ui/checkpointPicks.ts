/** The steps that choose a base model and fine-tuned checkpoints. */
import { l10n, ThemeIcon, window, type Uri } from 'vscode';
import { groupByArchitecture, proposeBase, summarizeCheckpoints } from '../../formats/discover.ts';
import { mayBeTunedFrom, type CheckpointSummary } from '../../protocol/checkpoints.ts';
import { findWeightFiles } from '../workspaceFiles.ts';
import { distinctFiles } from '../distinctFiles.ts';
import { describeCheckpoint, displayPath } from '../describe.ts';
import { tellingNames } from '../../shared/tellingNames.ts';
import { commonFolder } from '../commonFolder.ts';
import { notifyWarning } from './notify.ts';
import { heading, pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

interface CheckpointItem extends PickItem {
  readonly checkpoint?: CheckpointSummary;
  /** Stands for "none". */
  readonly isNone?: boolean;
}

export const browse = { iconPath: new ThemeIcon('folder-opened'), tooltip: l10n.t('Browse for a folder') };

/** An answer, and all checkpoints to choose from, as browsing adds to them. */
interface Chosen<T> {
  readonly chosen: T;
  readonly known: readonly CheckpointSummary[];
}

/** Asks for one checkpoint; the proposed one is highlighted. */
export async function pickBase(
  at: Position,
  candidates: readonly CheckpointSummary[],
  proposed: CheckpointSummary | undefined,
): Promise<Chosen<CheckpointSummary> | 'back' | 'cancel'> {
  const answer = await chooseBase(at, candidates, proposed, []);
  return answer === 'none' ? 'back' : answer;
}

/** Like `pickBase`, if a base is optional: `none`, which `meaning` explains, is then another answer. */
export async function pickBaseOrNone(
  at: Position,
  candidates: readonly CheckpointSummary[],
  proposed: CheckpointSummary | 'none' | undefined,
  meaning: string,
): Promise<Chosen<CheckpointSummary> | 'none' | 'back' | 'cancel'> {
  const none: CheckpointItem = {
    label: l10n.t('No base model'),
    icon: 'circle-slash',
    detail: meaning,
    isNone: true,
  };
  return chooseBase(at, candidates, proposed, [none]);
}

async function chooseBase(
  at: Position,
  candidates: readonly CheckpointSummary[],
  proposed: CheckpointSummary | 'none' | undefined,
  others: readonly CheckpointItem[],
): Promise<Chosen<CheckpointSummary> | 'none' | 'back' | 'cancel'> {
  let known = candidates;
  let active = proposed;
  for (;;) {
    const where = known.length > 0 ? l10n.t('Another folder…') : l10n.t('Choose a folder…');
    const elsewhere: CheckpointItem = { label: where, icon: 'folder-opened', alwaysShow: true };
    const answer = await pick<CheckpointItem>({
      at,
      placeholder: l10n.t('Base model: the pre-trained checkpoint that the others were fine-tuned from'),
      items: [...others, ...groupedItems(known), elsewhere],
      active: item => (item.isNone ? 'none' : item.checkpoint) === (active ?? null),
    });
    if (answer === 'back' || answer === 'cancel') return answer;
    const item = answer === 'button' ? undefined : answer[0];
    if (item?.isNone) return 'none';
    if (item?.checkpoint) return { chosen: item.checkpoint, known };
    const added = await browseCheckpoints();
    known = merge(known, added);
    active = added[0] ?? active;
  }
}

/**
 * Asks for one or more checkpoints; those in `checked` are checked at first, or all `candidates` but adapters, which
 * may be of another model.
 */
export async function pickTasks(
  at: Position,
  candidates: readonly CheckpointSummary[],
  checked: readonly CheckpointSummary[] | undefined,
  base: CheckpointSummary,
): Promise<Chosen<readonly CheckpointSummary[]> | 'back' | 'cancel'> {
  let known = candidates;
  let selected = checked ?? candidates.filter(({ adapter }) => adapter === undefined);
  for (;;) {
    const answer = await pick<CheckpointItem>({
      at,
      placeholder:
        known.length > 0
          ? l10n.t('Fine-tuned checkpoints, each one task vector')
          : l10n.t('No other checkpoint has the tensors of {0}: browse for one', base.name),
      items: checkpointItems(known),
      checked: item => item.checkpoint !== undefined && selected.includes(item.checkpoint),
      button: browse,
      validate: chosen =>
        chosen.length > 0 ? undefined : l10n.t('Check at least one fine-tuned checkpoint'),
    });
    if (answer === 'back' || answer === 'cancel') return answer;
    if (answer !== 'button') return { chosen: answer.flatMap(({ checkpoint }) => checkpoint ?? []), known };
    const found = await browseCheckpoints();
    const added = found.filter(one => mayBeTunedFrom(base, one));
    if (found.length > 0 && added.length === 0) {
      void notifyWarning(
        l10n.t('No checkpoint there has the same tensor names and shapes as {0}.', base.name),
      );
    }
    known = merge(known, added);
    selected = merge(selected, added);
  }
}

/** One group per architecture, its likely base first. */
function groupedItems(checkpoints: readonly CheckpointSummary[]): CheckpointItem[] {
  const groups = groupByArchitecture(checkpoints);
  return groups.flatMap(group => {
    const base = proposeBase(group);
    const ordered = base ? [base, ...group.filter(other => other !== base)] : group;
    const folder = displayPath(commonFolder(group.map(({ path }) => path)));
    const label = [group[0]?.model, folder].filter(part => part !== undefined).join(' · ');
    const items = checkpointItems(ordered);
    return groups.length > 1 ? [heading(label), ...items] : items;
  });
}

export function checkpointItems(checkpoints: readonly CheckpointSummary[]): CheckpointItem[] {
  const names = tellingNames(checkpoints);
  return checkpoints.map(checkpoint => ({
    label: names.get(checkpoint) ?? checkpoint.name,
    description: describeCheckpoint(checkpoint),
    detail: displayPath(checkpoint.path),
    checkpoint,
  }));
}

/** Each path once; those in `added` win. */
export function merge(
  known: readonly CheckpointSummary[],
  added: readonly CheckpointSummary[],
): CheckpointSummary[] {
  const byPath = new Map([...known, ...added].map(checkpoint => [checkpoint.path, checkpoint]));
  return [...byPath.values()];
}

/** A folder from anywhere on disk; undefined when cancelled. */
export async function browseFolder(title: string): Promise<Uri | undefined> {
  const openLabel = l10n.t('Use Folder');
  const [folder] =
    (await window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, title, openLabel })) ?? [];
  return folder;
}

/** Checkpoints from anywhere on disk; empty if cancelled or if there are none, which is reported. */
export async function browseCheckpoints(): Promise<readonly CheckpointSummary[]> {
  const folder = await browseFolder(l10n.t('Choose a folder with checkpoints'));
  if (folder === undefined) return [];
  const { checkpoints, failures, adapters } = await summarizeCheckpoints(
    await distinctFiles(await findWeightFiles(folder)),
  );
  if (checkpoints.length === 0) {
    const why =
      [...failures, ...adapters][0]?.message ?? l10n.t('There is no checkpoint in {0}.', folder.fsPath);
    void notifyWarning(why);
  }
  return checkpoints;
}
