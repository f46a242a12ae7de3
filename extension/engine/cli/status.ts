import { resolve } from 'node:path';

/**
 * The exit status of a job that wrote something: 1 when the result has another name than requested, since a script that
 * continues with that name would use someone else's file.
 */
export const statusOf = (asked: { readonly output: string }, result: { readonly output: string }): number =>
  result.output === resolve(asked.output) ? 0 : 1;
