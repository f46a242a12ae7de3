import { resolve } from 'node:path';

/**
 * The exit status of a job that wrote something: 1 when the result has another name than was asked for, since a script
 * that goes on with that name would take somebody else's file for it.
 */
export const statusOf = (asked: { readonly output: string }, result: { readonly output: string }): number =>
  result.output === resolve(asked.output) ? 0 : 1;
