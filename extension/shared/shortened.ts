/** A name that fits into a message: only its beginning if it is longer than any sensible name. */
export const shortened = (name: string, most = 120): string =>
  name.length > most ? `${name.slice(0, most - 3)}…` : name;
