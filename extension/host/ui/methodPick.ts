/** The step that chooses a merge method. */
import { l10n } from 'vscode';
import type { MergeMethodInfo } from '../../protocol/recipes.ts';
import { translated } from '../translated.ts';
import { heading, pick, type PickItem } from './pick.ts';
import type { Position } from './wizard.ts';

interface MethodItem extends PickItem {
  readonly method?: MergeMethodInfo;
}

type Family = MergeMethodInfo['family'];

const FAMILIES: readonly Family[] = ['vectors', 'models', 'spectral'];

/** @param methods those that can take the inputs */
export async function pickMethod(
  at: Position,
  methods: Promise<readonly MergeMethodInfo[]>,
  before: MergeMethodInfo | undefined,
): Promise<MergeMethodInfo | 'back' | 'cancel'> {
  for (;;) {
    const answer = await pick({
      at,
      placeholder: l10n.t('Merge method'),
      items: methods.then(itemsOf),
      active: ({ method }) => method !== undefined && method.name === before?.name,
    });
    if (answer === 'back' || answer === 'cancel') return answer;
    const method = answer === 'button' ? undefined : answer[0]?.method;
    if (method) return method;
  }
}

function itemsOf(methods: readonly MergeMethodInfo[]): MethodItem[] {
  return FAMILIES.flatMap((family): MethodItem[] => {
    const members = methods.filter(method => method.family === family);
    if (members.length === 0) return [];
    return [heading(titleOf(family)), ...members.map(itemOf)];
  });
}

const itemOf = (method: MergeMethodInfo): MethodItem => ({
  label: method.title,
  // Other tools' recipes use these names, so the search should find them.
  description: method.name,
  detail: translated(method.meaning),
  method,
});

function titleOf(family: Family): string {
  switch (family) {
    case 'vectors':
      return l10n.t('task vectors on a base model');
    case 'models':
      return l10n.t('whole models');
    case 'spectral':
      return l10n.t('by singular values');
  }
}
