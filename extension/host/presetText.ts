import { l10n } from 'vscode';
import type { PresetName } from '../shared/presets.ts';

/** A preset in the editor's language. */
export function presetText(name: PresetName): { readonly title: string; readonly meaning: string } {
  switch (name) {
    case 'balanced':
      return {
        title: l10n.t('Balanced'),
        meaning: l10n.t(
          'FP32’s accuracy at the smallest size: 1.5 bits per weight, spent where they help most',
        ),
      };
    case 'smallest':
      return {
        title: l10n.t('Smallest'),
        meaning: l10n.t(
          '1 bit per weight, spent where it helps most: a third smaller, and slightly less accurate',
        ),
      };
    case 'fastest':
      return {
        title: l10n.t('Fastest'),
        meaning: l10n.t(
          '4 bits for every weight: nothing is measured first, and the file is the largest of these',
        ),
      };
    case 'paper':
      return {
        title: l10n.t('As published'),
        meaning: l10n.t(
          'What the published code does: 3 bits for every weight, and its choice of tensors to keep exactly',
        ),
      };
  }
}
