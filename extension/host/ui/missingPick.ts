/** The step that says which checkpoints of a .tvq file were not found, and offers to look for them. */
import { l10n } from 'vscode';
import type { SourceCheckpoint } from '../source/checkpoints.ts';
import { heading, pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

/** Maximum names in the sentence; the list below it has them all. */
const MAX_NAMES = 3;

interface MissingItem extends PickItem {
  readonly answer?: 'browse' | 'next';
}

/**
 * @param file its name
 * @returns `next`: go on with what was found
 */
export async function pickMissing(
  at: Position,
  file: string,
  sources: readonly SourceCheckpoint[],
): Promise<'browse' | 'next' | 'back' | 'cancel'> {
  const missing = sources.filter(({ found }) => found === undefined);
  const answer = await pick<MissingItem>({
    at,
    placeholder: sentence(file, missing),
    items: itemsOf(sources, missing),
  });
  if (answer === 'back' || answer === 'cancel') return answer;
  return (answer !== 'button' && answer[0]?.answer) || 'cancel';
}

function sentence(file: string, missing: readonly SourceCheckpoint[]): string {
  const names = missing.slice(0, MAX_NAMES).map(({ name }) => name);
  const others = missing.length - names.length;
  return others > 0
    ? l10n.t('Checkpoints of {0} that were not found: {1} and {2} more', file, names.join(', '), others)
    : l10n.t('Checkpoints of {0} that were not found: {1}', file, names.join(', '));
}

function itemsOf(sources: readonly SourceCheckpoint[], missing: readonly SourceCheckpoint[]): MissingItem[] {
  const found = sources.length - missing.length;
  return [
    {
      label: l10n.t('Choose their folder…'),
      icon: 'folder-opened',
      description: l10n.t('They are searched for in it by name'),
      answer: 'browse',
    },
    {
      label: found > 0 ? l10n.t('Continue with what was found') : l10n.t('Choose other checkpoints'),
      icon: 'arrow-right',
      description: l10n.t('{0} of {1} were found', found, sources.length),
      answer: 'next',
    },
    heading(l10n.t('not found')),
    ...missing.map((one): MissingItem => ({ label: one.name, description: describe(one), answer: 'browse' })),
  ];
}

function describe({ name, task, hasNamesake }: SourceCheckpoint): string {
  const role =
    task === undefined ? l10n.t('base model') : task === name ? l10n.t('task') : l10n.t('task {0}', task);
  return hasNamesake ? `${role} · ${l10n.t('one with that name has other tensors')}` : role;
}
