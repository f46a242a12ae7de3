/** Names listed in one message; the rest are only counted. */
const MAX_LISTED = 3;

/** `tensor "a"`, `3 tensors ("a", "b", "c")`, `12 tensors ("a", "b", "c" and 9 more)`. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map(name => `"${name}"`);
  if (names.length === 1) return `tensor ${shown[0]}`;
  const more = names.length - shown.length;
  return `${names.length} tensors (${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}

/** `[40, 48]`. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
