/** A model's tensors under other names, by rules that its user gives for what is not found by itself. */
import type { NameRule } from '../../protocol/recipes.ts';
import { listed } from '../../shared/listed.ts';
import { UserError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint.ts';

export interface Mapped {
  readonly checkpoint: Checkpoint;
  /** What was renamed, in words; undefined if no rule matches a name. */
  readonly change: string | undefined;
  /** The rules that match a name. */
  readonly used: ReadonlySet<NameRule>;
}

/**
 * A checkpoint with each name changed by the rules, one after the other: what a rule's pattern finds first in the name
 * becomes the rule's text, with `$1` for the first group.
 * @throws UserError if two tensors would have one name
 */
export function mapNames(checkpoint: Checkpoint, rules: readonly NameRule[]): Mapped {
  const patterns = rules.map(rule => ({ rule, pattern: new RegExp(rule.from) }));
  const used = new Set<NameRule>();
  const origins = new Map<string, string>();
  const tensors = [...checkpoint.tensors].map(([name, source]) => {
    const to = patterns.reduce((known, { rule, pattern }) => {
      if (!pattern.test(known)) return known;
      used.add(rule);
      return known.replace(pattern, rule.to);
    }, name);
    const other = origins.get(to);
    if (other !== undefined)
      throw new UserError(
        `${checkpoint.path}: the map makes "${other}" and "${name}" one tensor, "${to}"; let its patterns match only one of them`,
      );
    origins.set(to, name);
    return [to, to === name ? source : { ...source, name: to }] as const;
  });
  const changed = [...origins].filter(([to, name]) => to !== name);
  if (changed.length === 0) return { checkpoint, change: undefined, used };
  const examples = listed(changed.map(([to, name]) => `"${name}" as "${to}"`));
  const count = changed.length === 1 ? '' : `${changed.length} tensors, `;
  return { checkpoint: { ...checkpoint, tensors: new Map(tensors) }, change: `${count}${examples}`, used };
}
