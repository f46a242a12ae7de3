import type { Told } from '../shared/remedies.ts';

/** JSON-RPC code of a job that did not start, because its output exists or is being written. */
export const OUTPUT_TAKEN = 3;

/** `data` of the engine's errors: their lines, with remedies that the host puts into words. */
export type EngineFault = readonly Told[];
