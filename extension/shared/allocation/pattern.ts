import { AllocationError } from './errors.ts';

/** The text is not a valid regular expression. */
export class NoPattern extends AllocationError {
  constructor(readonly given: string) {
    super(`${given} is not a valid regular expression`);
  }
}

/**
 * Tensor names by pattern: `/…/` is a regular expression over any part of the name, anything else a glob over the whole
 * name (* any text, ? one character).
 * @throws NoPattern when it is not a valid regular expression
 */
export function patternOf(pattern: string): RegExp {
  const [, regular] = /^\/(.+)\/$/.exec(pattern) ?? [];
  const glob = pattern
    .replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    return new RegExp(regular ?? `^${glob}$`);
  } catch {
    throw new NoPattern(pattern);
  }
}
