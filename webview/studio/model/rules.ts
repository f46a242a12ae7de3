/** Rules made by clicking: a wish for some tensors replaces the previous one. */
import * as l10n from '@vscode/l10n';
import type { TensorRule } from '../../../extension/protocol/recipes.ts';
import { patternOf } from '../../../extension/shared/allocation/index.ts';

/** What a click asks for. */
export type Wanted = { readonly bits: number | 'exact' | 'auto' } | { readonly min: number };

/** Tensors and their task; all tasks if omitted. */
export type Target = Pick<TensorRule, 'tensors' | 'task'>;

/** Maximum number of rules that the engine accepts. */
export const MAX_RULES = 4096;

const isFor = ({ tensors, task }: TensorRule, target: Target): boolean =>
  tensors === target.tensors && task === target.task;

/**
 * The rules with one more wish. Pins and floors of the same tensors are removed; where a wider rule would pin them
 * again, the new rule overrides it.
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

/** A glob that covers another one also matches its text. */
const isWider = (pattern: string, than: string): boolean => patternOf(pattern).test(than);

/** "exact", "3 bits", "at least 2 bits"; undefined if there is no wish. */
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
