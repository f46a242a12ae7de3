import type { Told } from '../shared/remedies.ts';

/** JSON-RPC code of a job that did not begin, because its output is there already or somebody writes it. */
export const OUTPUT_TAKEN = 3;

/** `data` of the engine's errors: their lines, with remedies that the host words. */
export type EngineFault = readonly Told[];
