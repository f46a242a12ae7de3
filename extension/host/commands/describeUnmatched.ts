import { basename } from 'node:path';
import { l10n } from 'vscode';
import { formatPercent } from '../../shared/format.ts';
import type { QuantizeRecipe } from '../../protocol/recipes.ts';
import type { TvqSummary } from '../../protocol/tvq.ts';
import { describeScheme } from '../describe.ts';
import type { Unmatched } from '../source/settings.ts';

/** What the Studio does not take over from a file, in a sentence; undefined if it takes over everything. */
export function describeUnmatched(file: TvqSummary, unmatched: readonly Unmatched[]): string | undefined {
  if (unmatched.length === 0) return undefined;
  const name = basename(file.file);
  const settings = unmatched.map(setting => describeSetting(file, setting)).join(', ');
  const hasBudget = (file.recipe as Partial<QuantizeRecipe> | undefined)?.budget !== undefined;
  return unmatched.includes('recipe') || !hasBudget
    ? l10n.t(
        'The Studio has no setting for {0}; it starts with the size of {1} as its budget.',
        settings,
        name,
      )
    : l10n.t('The Studio has no setting for {0}, as {1} was made with.', settings, name);
}

function describeSetting(file: TvqSummary, setting: Unmatched): string {
  const { codec, prune } = (file.recipe ?? {}) as Partial<QuantizeRecipe>;
  switch (setting) {
    case 'scheme':
      return describeScheme(file);
    case 'codec':
      return l10n.t('codec {0}', String(codec).slice(0, 40));
    case 'prune':
      return l10n.t('{0} pruned', formatPercent(Number(prune)));
    case 'reconstruction':
      return l10n.t('nearest reconstruction');
    case 'weights':
      return l10n.t('weights of single tensors');
    case 'keepRule':
      return l10n.t('the published keep rule');
    case 'recipe':
      return l10n.t('its recipe, which cannot be read');
  }
}
