/** A budget of bytes, divided among modules by what each direction of their changes holds. */

export interface Candidate {
  /** Squared singular values, falling. */
  readonly energies: Float64Array;
  /** Bytes of one more rank. */
  readonly bytes: number;
}

/**
 * The ranks that hold most for the bytes: the directions of all modules in the order of energy per byte, as long as
 * they fit. Within a module energies fall and bytes stay the same, so it gets its strongest directions.
 */
export function ranksWithin(candidates: readonly Candidate[], budget: number): number[] {
  const ranks = candidates.map(() => 0);
  const steps = candidates.flatMap(({ energies, bytes }, module) =>
    [...energies].map(energy => ({ module, bytes, worth: energy / bytes })),
  );
  let left = budget;
  for (const { module, bytes } of steps.sort((a, b) => b.worth - a.worth || a.module - b.module)) {
    if (bytes > left) continue;
    left -= bytes;
    ranks[module]! += 1;
  }
  return ranks;
}
