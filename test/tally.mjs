/** A vitest reporter that counts for `npm test`, and the lines that it ends with. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/** Names the file that the counts are written to. */
export const TALLY = 'TVQ_TEST_TALLY';

/** Number of tests that `--slowest` lists. */
const MOST_SLOW = 20;

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {Record<string, number>} skipped by the reason
 */

export default class TallyReporter {
  onTestRunEnd(modules) {
    const files = modules.map(({ moduleId }) => fileOf(moduleId));
    writeFileSync(
      process.env[TALLY],
      JSON.stringify({ ...count(modules), files, slowest: slowestOf(modules) }),
    );
  }
}

const fileOf = path => relative(process.cwd(), path).replaceAll('\\', '/');

/** The tests that took longest, and what all tests of a file waited for: its modules, its setup. */
function slowestOf(modules) {
  const timed = modules.flatMap(module => {
    const file = fileOf(module.moduleId);
    const tests = [...module.children.allTests()].map(test => ({
      name: `${file} > ${test.fullName}`,
      ms: test.diagnostic()?.duration ?? 0,
    }));
    const { duration, collectDuration } = module.diagnostic();
    const alone = tests.reduce((sum, { ms }) => sum + ms, 0);
    return [
      ...tests,
      { name: `${file}: what its tests share`, ms: collectDuration + Math.max(0, duration - alone) },
    ];
  });
  return timed.sort((a, b) => b.ms - a.ms).slice(0, MOST_SLOW);
}

/**
 * @param {readonly { name: string, ms: number }[]} slowest
 * @returns {string[]} one line each, in seconds
 */
export const slowestLines = slowest =>
  slowest.map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`);

/** @returns {Counts} */
function count(modules) {
  const counts = { passed: 0, failed: 0, skipped: {} };
  for (const module of modules) {
    const before = counts.failed;
    for (const test of module.children.allTests()) {
      const { state, note } = test.result();
      if (state === 'passed') counts.passed++;
      else if (state === 'skipped' && !wasGivenUp(test)) {
        const reason = test.meta().leftOut ?? note ?? `marked so: ${test.fullName}`;
        counts.skipped[reason] = (counts.skipped[reason] ?? 0) + 1;
      } else counts.failed++;
    }
    // The failure may not be a test's: the file cannot be loaded, or its teardown fails.
    if (!module.ok() && counts.failed === before) counts.failed++;
  }
  return counts;
}

/** A test that did not run because its setup failed was not left out, although vitest says so. */
function wasGivenUp(test) {
  if (test.options.mode === 'skip' || test.options.mode === 'todo') return false;
  for (let suite = test.parent; ; suite = suite.parent) {
    if (suite.errors().length > 0) return true;
    if (suite.type === 'module') return false;
  }
}

/**
 * The last lines of `npm test`: one line per reason, and the counts.
 *
 * @param {Counts} counts
 * @returns {string[]}
 */
export function closingLines({ passed, failed, skipped }) {
  const reasons = Object.entries(skipped);
  const sum = reasons.reduce((total, [, tests]) => total + tests, 0);
  return [
    ...reasons.map(([reason, tests]) => `${tests} skipped: ${reason}`),
    `${passed} passed, ${failed} failed, ${sum} skipped`,
  ];
}
