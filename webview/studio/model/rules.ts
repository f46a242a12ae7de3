/** Rules as they are made by clicking: a wish for some tensors takes the place of the one before. */
import type { TensorRule } from '../../../extension/protocol.ts';

/** What a click asks for. */
export type Wanted = { readonly bits: number | 'exact' | 'auto' } | { readonly min: number };

/** Tensors, and the task that is meant; all tasks when left out. */
export type Target = Pick<TensorRule, 'tensors' | 'task'>;

/** The most rules that the engine takes. */
export const MAX_RULES = 4096;

const isFor = ({ tensors, task }: TensorRule, target: Target): boolean =>
  tensors === target.tensors && task === target.task;

/**
 * The rules with one wish more. `auto` takes pins and floors back; where a wider rule stands, it has to say so.
 */
export function withWish(
  rules: readonly TensorRule[],
  targets: readonly Target[],
  wanted: Wanted,
): TensorRule[] {
  const others = rules.filter(rule => !targets.some(target => isFor(rule, target)));
  const added = targets.flatMap(({ tensors, task }): TensorRule[] => {
    const target = { tensors, ...(task === undefined ? {} : { task }) };
    if ('min' in wanted) return [{ ...target, bits: 'auto', min: wanted.min }];
    if (wanted.bits !== 'auto') return [{ ...target, bits: wanted.bits }];
    return others.length > 0 ? [{ ...target, bits: 'auto', min: 0 }] : [];
  });
  return [...others, ...added];
}

/** "exact", "3 bits", "at least 2 bits". */
export function describeWish({ bits, min, max }: Pick<TensorRule, 'bits' | 'min' | 'max'>): string {
  if (bits === 'exact') return 'exact';
  if (typeof bits === 'number') return `${bits} ${bits === 1 ? 'bit' : 'bits'}`;
  const bounds = [min ? `at least ${min}` : '', max === undefined ? '' : `at most ${max}`].filter(Boolean);
  return bounds.length === 0 ? 'auto' : `${bounds.join(', ')} bits`;
}
