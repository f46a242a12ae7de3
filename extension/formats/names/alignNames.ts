/** One model's tensors under another's names: wrappers and containers put prefixes in front of every name. */
import type { Checkpoint } from '../checkpoint.ts';
import type { TensorSource } from '../tensorSource.ts';
import { UserError } from '../../shared/errors.ts';

/** What module wrappers leave in names, at any depth: torch.compile, FSDP, activation checkpointing. */
const WRAPPERS = /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g;

/** Interchangeable names of containers: `model.language_model.layers.0` is `model.layers.0` elsewhere. */
const CONTAINERS = new Set(['module', 'model', 'base_model', 'language_model', 'text_model', 'transformer']);

/** Share of the tensors matched by a change of prefix that must also match in shape (embeddings may be resized). */
const ALIKE = 0.5;

/** Fewer tensors may have matched by chance, unless they are half of the model. */
const FEW = 3;

/** Maximum number of prefixes to change within one model (for example, language model and vision tower). */
const MAX_PREFIXES = 4;

type Names = ReadonlyMap<string, Pick<TensorSource, 'shape'>>;

export interface Alignment {
  readonly checkpoint: Checkpoint;
  /** What was changed, in words; undefined if names are unchanged. */
  readonly change: string | undefined;
}

/**
 * A checkpoint with its tensors named as in `reference`, if names differ only in a prefix or in what a wrapper left.
 * Tensors that still match nothing keep their names.
 * @throws UserError if it holds the model more than once, under several prefixes
 */
export function alignNames(checkpoint: Checkpoint, reference: Names): Alignment {
  let tensors: ReadonlyMap<string, TensorSource> = checkpoint.tensors;
  const changes: string[] = [];
  const unwrapped = renamed(tensors, unwrapping(tensors, reference));
  if (unwrapped) {
    tensors = unwrapped;
    changes.push(`without ${wrappersIn(checkpoint.tensors.keys()).join(' and ')} in their names`);
  }
  for (let i = 0; i < MAX_PREFIXES; i++) {
    const [prefix, ...others] = fittingPrefixes(tensors, reference);
    const rivals = others.filter(other => prefix && areCopies(tensors, reference, prefix, other));
    if (prefix && rivals.length > 0) throw copies(checkpoint, [prefix, ...rivals]);
    const changed = prefix && renamed(tensors, prefixing(tensors, reference, prefix));
    if (!changed) break;
    tensors = changed;
    changes.push(describe(prefix));
  }
  if (changes.length === 0) return { checkpoint, change: undefined };
  return { checkpoint: { ...checkpoint, tensors }, change: changes.join(', ') };
}

interface Prefix {
  readonly from: string;
  readonly to: string;
}

const describe = ({ from, to }: Prefix): string => {
  if (to === '') return `without the prefix ${from}`;
  return from === '' ? `with the prefix ${to}` : `with the prefix ${to} instead of ${from}`;
};

type Renames = ReadonlyMap<string, string>;

/** @returns undefined if no name changes, or two would become equal */
function renamed(
  tensors: ReadonlyMap<string, TensorSource>,
  renames: Renames,
): ReadonlyMap<string, TensorSource> | undefined {
  if (renames.size === 0) return undefined;
  const result = new Map<string, TensorSource>();
  for (const [name, source] of tensors) {
    const to = renames.get(name) ?? name;
    if (result.has(to)) return undefined;
    result.set(to, { ...source, name: to });
  }
  return result;
}

const wrappersIn = (names: Iterable<string>): string[] => [
  ...new Set(
    [...names].flatMap(name => name.match(WRAPPERS) ?? []).map(found => `${found.replace('.', '')}.`),
  ),
];

const unwrap = (name: string): string => name.replace(WRAPPERS, '').replace(/^\./, '');

/** A name without wrappers' parts and without the containers in front: equal whenever names can be aligned. */
export function bareName(name: string): string {
  const parts = unwrap(name).split('.');
  const first = parts.findIndex(part => !CONTAINERS.has(part));
  return parts.slice(Math.max(first, 0)).join('.');
}

/** Maps names with wrappers' parts to the reference's, which may have such parts too. */
function unwrapping(tensors: Names, reference: Names): Renames {
  const plain = new Map([...reference.keys()].map(name => [unwrap(name), name]));
  const renames = new Map<string, string>();
  for (const name of tensors.keys()) {
    if (reference.has(name)) continue;
    const bare = unwrap(name);
    const to = plain.get(bare) ?? bare;
    if (to !== name) renames.set(name, to);
  }
  return renames;
}

/** Share of the names reached by one prefix that the other must also reach to count as a second copy of the model. */
const COPY = 0.5;

/** Whether two prefixes lead to the same tensors of the reference: a policy and its average, a teacher and a student. */
function areCopies(tensors: Names, reference: Names, best: Prefix, other: Prefix): boolean {
  const [those, these] = [best, other].map(
    prefix => new Set(prefixing(tensors, reference, prefix).values()),
  ) as [Set<string>, Set<string>];
  const common = [...these].filter(name => those.has(name)).length;
  return common >= COPY * those.size;
}

function copies({ path }: Checkpoint, prefixes: readonly Prefix[]): UserError {
  const names = prefixes.map(({ from }) => from || 'none').join(' and ');
  const [times, all] = prefixes.length === 2 ? ['twice', 'both'] : [`${prefixes.length} times`, 'all'];
  return new UserError(
    `${path}: holds the model ${times}: the prefixes ${names} ${all} fit; keep the tensors of one in the file`,
  );
}

/** The plausible changes of prefix, those that match most tensors first. */
function fittingPrefixes(tensors: Names, reference: Names): Prefix[] {
  const votes = new Map<string, { readonly prefix: Prefix; count: number }>();
  const bySuffix = suffixesOf([...reference.keys()].filter(name => !tensors.has(name)));
  for (const name of tensors.keys()) {
    if (reference.has(name)) continue;
    const prefix = prefixOf(name, bySuffix);
    if (!prefix || !isPlausible(prefix)) continue;
    const key = `${prefix.from}\0${prefix.to}`;
    const vote = votes.get(key) ?? { prefix, count: 0 };
    vote.count++;
    votes.set(key, vote);
  }
  const ranked = [...votes.values()].sort((a, b) => b.count - a.count).slice(0, MAX_PREFIXES);
  return ranked.flatMap(({ prefix }) => (fits(tensors, reference, prefix) ? [prefix] : []));
}

/** Names by each of their endings that start after a dot; null if several names share one. */
function suffixesOf(names: readonly string[]): ReadonlyMap<string, string | null> {
  const bySuffix = new Map<string, string | null>();
  for (const name of names) {
    for (const suffix of endingsOf(name)) bySuffix.set(suffix, bySuffix.has(suffix) ? null : name);
  }
  return bySuffix;
}

/** A name, and its rest after each dot, longest first. */
function* endingsOf(name: string): Generator<string> {
  yield name;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}

/** The two prefixes before the longest ending that a name shares with one of the reference's. */
function prefixOf(name: string, bySuffix: ReadonlyMap<string, string | null>): Prefix | undefined {
  for (const suffix of endingsOf(name)) {
    const other = bySuffix.get(suffix);
    if (other === null) return undefined; // ambiguous
    if (other !== undefined)
      return { from: name.slice(0, -suffix.length), to: other.slice(0, -suffix.length) };
  }
  return undefined;
}

/** One of the prefixes is empty, or both consist of container names. */
const isPlausible = ({ from, to }: Prefix): boolean =>
  from === '' ||
  to === '' ||
  [...from.split('.'), ...to.split('.')].every(part => part === '' || CONTAINERS.has(part));

/** From the names that have the prefix (and are not the reference's already) to those that the reference has. */
function prefixing(tensors: Names, reference: Names, { from, to }: Prefix): Renames {
  const renames = new Map<string, string>();
  for (const name of tensors.keys()) {
    const other = to + name.slice(from.length);
    if (name.startsWith(from) && !reference.has(name) && reference.has(other) && !tensors.has(other))
      renames.set(name, other);
  }
  return renames;
}

/** Whether tensors that would match have the same shapes, and are too many to match by chance. */
function fits(tensors: Names, reference: Names, prefix: Prefix): boolean {
  const renames = prefixing(tensors, reference, prefix);
  const unmatched = [...tensors.keys()].filter(
    name => name.startsWith(prefix.from) && !reference.has(name),
  ).length;
  const alike = [...renames].filter(
    ([name, other]) => tensors.get(name)?.shape.join() === reference.get(other)?.shape.join(),
  ).length;
  const many = renames.size >= FEW || 2 * renames.size >= tensors.size;
  return many && alike >= ALIKE * renames.size && 2 * renames.size >= Math.min(unmatched, reference.size);
}
