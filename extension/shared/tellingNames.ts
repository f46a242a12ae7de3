/** Names that distinguish things: if two are equal, the differing part of their paths is put in front. */
import { groupBy } from './groupBy.ts';

interface Named {
  readonly name: string;
  /** Absolute; its last part is the name, or what the name was made from. */
  readonly path: string;
}

/** The name alone if it is unique, else with as many parent folders as are needed to make it unique. */
export function tellingNames<T extends Named>(things: readonly T[]): Map<T, string> {
  const told = new Map<T, string>();
  for (const alike of groupBy(things, ({ name }) => name).values()) {
    const folders = alike.map(({ path }) => path.split(/[\\/]/).slice(0, -1));
    for (const [i, thing] of alike.entries()) {
      const own = folders[i] as string[];
      const others = folders.filter((_, j) => j !== i);
      const parts = ending(own, partsThatDiffer(own, others));
      told.set(thing, [...parts, thing.name].filter(part => part !== '').join('/'));
    }
  }
  return told;
}

const ending = (folders: readonly string[], parts: number): readonly string[] =>
  parts === 0 ? [] : folders.slice(-parts);

/** How many of the last folders are needed; if all are equal, includes the one that contains both. */
function partsThatDiffer(own: readonly string[], others: readonly (readonly string[])[]): number {
  let most = 0;
  for (const other of others) {
    let same = 0;
    while (same < own.length && own.at(-1 - same) === other.at(-1 - same)) same++;
    most = Math.max(most, same === own.length ? 1 : same + 1);
  }
  return most;
}
