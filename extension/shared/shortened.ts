/** A name that fits into a message: its beginning, where it is longer than any that people give. */
export const shortened = (name: string, most = 120): string =>
  name.length > most ? `${name.slice(0, most - 3)}…` : name;
