import { listed as unquoted } from '../shared/listed.ts';

/** `tensor "a"`, `3 tensors ("a", "b", "c")`, `12 tensors ("a", "b", "c" and 9 more)`. */
export function listed(names: readonly string[]): string {
  const quoted = unquoted(names.map(name => `"${name}"`));
  return names.length === 1 ? `tensor ${quoted}` : `${names.length} tensors (${quoted})`;
}

/** `[40, 48]`. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
