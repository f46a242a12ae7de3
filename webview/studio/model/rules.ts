/** Rules as they are made by clicking: a wish for some tensors takes the place of the one before. */
import * as l10n from '@vscode/l10n';
import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import { patternOf } from '../../../extension/shared/allocation/index.ts';

/** What a click asks for. */
export type Wanted = { readonly bits: number | 'exact' | 'auto' } | { readonly min: number };

/** Tensors, and the task that is meant; all tasks when left out. */
export type Target = Pick<TensorRule, 'tensors' | 'task'>;

/** The most rules that the engine takes. */
export const MAX_RULES = 4096;

const isFor = ({ tensors, task }: TensorRule, target: Target): boolean =>
  tensors === target.tensors && task === target.task;

/**
 * The rules with one wish more. Pins and floors of the same tensors are taken back; where a wider rule would pin them
 * again, the new one says that it does not.
 */
export function withWish(
  rules: readonly TensorRule[],
  targets: readonly Target[],
  wanted: Wanted,
): TensorRule[] {
  const others = rules.filter(rule => !targets.some(target => isFor(rule, target)));
  const added = targets.flatMap(({ tensors, task }): TensorRule[] => {
    const target = { tensors, ...(task === undefined ? {} : { task }) };
    const wider = others.filter(rule => (rule.task ?? task) === task && isWider(rule.tensors, tensors));
    const isPinned = wider.some(({ bits }) => bits !== undefined && bits !== 'auto');
    if ('min' in wanted) return [{ ...target, ...(isPinned ? { bits: 'auto' } : {}), min: wanted.min }];
    if (wanted.bits !== 'auto') return [{ ...target, bits: wanted.bits }];
    return wider.length > 0 ? [{ ...target, bits: 'auto', min: 0 }] : [];
  });
  return [...others, ...added];
}

/** A glob that covers another one matches its text, too. */
const isWider = (pattern: string, than: string): boolean => patternOf(pattern).test(than);

/** "exact", "3 bits", "at least 2 bits"; undefined where nothing is wished for. */
export function describeWish({
  bits,
  min,
  max,
}: Pick<TensorRule, 'bits' | 'min' | 'max'>): string | undefined {
  if (bits === 'exact') return l10n.t('exact');
  if (typeof bits === 'number') return bits === 1 ? l10n.t('1 bit') : l10n.t('{0} bits', bits);
  if (min && max !== undefined) return l10n.t('at least {0}, at most {1} bits', min, max);
  if (min) return min === 1 ? l10n.t('at least 1 bit') : l10n.t('at least {0} bits', min);
  if (max === undefined) return undefined;
  return max === 1 ? l10n.t('at most 1 bit') : l10n.t('at most {0} bits', max);
}
