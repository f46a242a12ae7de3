/** Programs that download. */

/** What npm prints for every failure. */
const NO_REASON = /^(A complete log of this run can be found in.*)?$/;
/** npm names the cause first; a script's own output comes last. */
const FIRST_LINES = 3;
const LAST_LINES = 2;

/**
 * Runs a program that downloads, and once more if it fails, as a connection may break. A program that timed out is not
 * run again.
 *
 * @template {{ status: number | null, error?: NodeJS.ErrnoException }} Result
 * @param {() => Result} run
 * @returns {Result}
 */
export function twice(run) {
  const result = run();
  return result.status === 0 || result.error?.code === 'ETIMEDOUT' ? result : run();
}

/**
 * Why a program failed, in one line.
 *
 * @param {string | null | undefined} stderr
 * @param {Error | undefined} error
 */
export function reasonOf(stderr, error) {
  if (error) return error.message;
  const said = (stderr ?? '').split('\n').map(line => line.replace(/^(npm (error|ERR!)|E:)/, '').trim());
  const lines = said.filter(line => !NO_REASON.test(line));
  if (lines.length > FIRST_LINES + LAST_LINES) {
    lines.splice(FIRST_LINES, lines.length - FIRST_LINES - LAST_LINES, '…');
  }
  return lines.join('; ') || 'no reason given';
}
