/**
 * `npm test`: installs what is missing, checks types and style, builds, and runs every test. The last line is
 * `N passed, N failed, N skipped`, with a line before it for each reason why tests were left out; with NO_SKIPS set
 * that is a failure. `npm test -- unit integration` runs only those projects.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provision } from './provision.mjs';
import { TALLY, closingLines } from './tally.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const projects = process.argv.slice(2);

const { driver, missing } = await provision();
for (const line of missing) console.log(`not found: ${line}`);

const vulkan = driver ? { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver } : {};
const env = { ...vulkan, ...process.env };
const counts = { passed: 0, failed: 0, skipped: {} };

/** Runs a program of node_modules; a failing one counts as one failed test. */
function check(name, script, ...args) {
  console.log(`\n> ${name}`);
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, env, stdio: 'inherit' });
  if (status === 0) counts.passed++;
  else counts.failed++;
  return status === 0;
}

check('types', 'node_modules/typescript/bin/tsc');
check('lint', 'node_modules/eslint/bin/eslint.js', '.');
check('style', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
const built = check('build', 'esbuild.mjs');
if (built) runTests();

/** Adds up what vitest says of each test; a run that breaks off counts as failed. */
function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'tvq-tests-'));
  const file = join(folder, 'tally.json');
  const only = projects.flatMap(project => ['--project', project]);
  const reporters = ['--reporter', 'default', '--reporter', './test/tally.mjs'];
  console.log('\n> tests');
  const run = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...only, ...reporters], {
    cwd: root,
    env: { ...env, [TALLY]: file },
    stdio: 'inherit',
  });
  try {
    const tests = JSON.parse(readFileSync(file, 'utf8'));
    counts.passed += tests.passed;
    counts.failed += tests.failed;
    counts.skipped = tests.skipped;
    if (run.status !== 0 && tests.failed === 0) counts.failed++;
  } catch {
    counts.failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const complete = Object.keys(counts.skipped).length === 0;
console.log();
if (!built) console.log('no test was run: the build failed');
if (!complete) for (const line of missing) console.log(`not found: ${line}`);
if (!complete && process.env.NO_SKIPS) console.log('NO_SKIPS is set: nothing may be left out');
console.log(closingLines(counts).join('\n'));
process.exitCode = counts.failed === 0 && (complete || !process.env.NO_SKIPS) ? 0 : 1;
