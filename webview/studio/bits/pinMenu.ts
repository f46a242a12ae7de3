import * as l10n from '@vscode/l10n';
import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import { openMenu } from '../../common/popupMenu.ts';
import type { Wanted } from '../model/rules.ts';

const WIDTHS = [1, 1.5, 2, 2.5, 3, 4, 6, 8] as const;
const FLOORS = [1, 2, 3, 4] as const;

/** Asks what some tensors should get. */
export function openPinMenu(
  title: string,
  at: DOMRect,
  { bits, min }: Pick<TensorRule, 'bits' | 'min'>,
  onPick: (wanted: Wanted) => void,
): void {
  const isPinned = bits !== undefined && bits !== 'auto';
  openMenu(title, at, [
    { label: l10n.t('Auto'), checked: !isPinned && !min, onPick: () => onPick({ bits: 'auto' }) },
    { label: l10n.t('Exact'), checked: bits === 'exact', onPick: () => onPick({ bits: 'exact' }) },
    ...WIDTHS.map((width, i) => ({
      label: width === 1 ? l10n.t('1 bit') : l10n.t('{0} bits', width),
      checked: bits === width,
      separated: i === 0,
      onPick: () => onPick({ bits: width }),
    })),
    ...FLOORS.map((floor, i) => ({
      label: floor === 1 ? l10n.t('At least 1 bit') : l10n.t('At least {0} bits', floor),
      checked: !isPinned && min === floor,
      separated: i === 0,
      onPick: () => onPick({ min: floor }),
    })),
  ]);
}
