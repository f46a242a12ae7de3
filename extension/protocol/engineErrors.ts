/** JSON-RPC code of a job that did not begin, because its output is there already or somebody writes it. */
export const OUTPUT_TAKEN = 3;
