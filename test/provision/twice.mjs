/** Programs that download. */

/** What npm says last, whatever went wrong. */
const NO_REASON = /A complete log of this run can be found in|^npm (error|ERR!)\s*$/;

/**
 * Runs a program that downloads, and once more when that fails: a connection may break off. One that has used up
 * its time is not run again.
 *
 * @template {{ status: number | null, error?: NodeJS.ErrnoException }} Result
 * @param {() => Result} run
 * @returns {Result}
 */
export function twice(run) {
  const result = run();
  return result.status === 0 || result.error?.code === 'ETIMEDOUT' ? result : run();
}

/** Why a program failed, in one line. */
export function lastLine(stderr, error) {
  const lines = (stderr ?? '').split('\n').filter(line => line.trim() !== '' && !NO_REASON.test(line));
  return error?.message ?? lines.at(-1)?.trim() ?? 'no reason given';
}
