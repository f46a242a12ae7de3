/** Names listed before the rest are only counted: one problem is one line, however many tensors it affects. */
const MOST = 3;

/** "a, b, c and 5 more". */
export const listed = (names: readonly string[]): string =>
  names.slice(0, MOST).join(', ') + (names.length > MOST ? ` and ${names.length - MOST} more` : '');
