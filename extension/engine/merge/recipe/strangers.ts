/** Unknown names in a recipe: typing errors are refused, the rest is ignored as in mergekit. */
import { nearest } from '../../../shared/nearest.ts';
import type { Path, RecipeDocument } from './document.ts';

/** Says that a name is not known, and which one was probably meant. */
export function unknown(name: string, kind: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `unknown ${kind} "${name}"; ${meant ? `did you mean ${meant}?` : `there are ${known.join(', ') || 'none'}`}`;
}

/**
 * An unknown key or parameter. mergekit silently ignores them all; here one that looks like a typing error is refused,
 * because the intended setting would be lost, and others are noted.
 * @throws UserError naming the line and what was probably meant
 */
export function passOver(document: RecipeDocument, path: Path, kind: string, known: readonly string[]): void {
  const name = String(path.at(-1));
  const meant = nearest(name, known, Math.max(1, name.length / 3));
  if (meant !== undefined) throw document.error(path, `unknown ${kind} "${name}"; did you mean ${meant}?`);
  document.note(path, `${kind} "${name}" is not known and has no effect, as in mergekit`);
}
