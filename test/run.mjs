/**
 * `npm test`: installs what is missing, checks types and style, builds, and runs every test. The last line is
 * `N passed, N failed, N skipped`, with a line before it for each reason why tests were left out; with NO_SKIPS set
 * that is a failure. `npm test -- unit integration` runs only those projects; `--slowest` lists the slowest tests.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { provision } from './provision.mjs';
import { TALLY, closingLines, slowestLines } from './tally.mjs';
import { testFiles } from './testFiles.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const { values, positionals: projects } = parseArgs({
  options: { slowest: { type: 'boolean' } },
  allowPositionals: true,
});

const { driver, missing } = await provision();
for (const line of missing) console.log(`not found: ${line}`);

const vulkan = driver ? { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver } : {};
const env = { ...vulkan, ...process.env };
const counts = { passed: 0, failed: 0, skipped: {} };
let slowest = [];

/** Runs a program from node_modules in parallel with others; a failing one counts as one failed test. */
async function check(name, script, ...args) {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => (said += text));
  const status = await new Promise(resolve => child.once('close', resolve));
  console.log(`\n> ${name}\n${said}`.trimEnd());
  if (status === 0) counts.passed++;
  else counts.failed++;
  return status === 0;
}

const [built] = await Promise.all([
  check('build', 'scripts/build.mjs'),
  check('types', 'node_modules/typescript/bin/tsc', '-b'),
  check('lint', 'node_modules/oxlint/bin/oxlint'),
  check('style', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
]);
if (built) runTests();

/** Adds up vitest's results of each test; a run that breaks off, or misses a file, counts as failed. */
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
    slowest = tests.slowest;
    if (run.status !== 0 && tests.failed === 0) counts.failed++;
    for (const left of testFiles(root, projects).filter(name => !tests.files.includes(name))) {
      console.log(`not run: ${left}`);
      counts.failed++;
    }
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
if (values.slowest) console.log(slowestLines(slowest).join('\n'));
console.log(closingLines(counts).join('\n'));
process.exitCode = counts.failed === 0 && (complete || !process.env.NO_SKIPS) ? 0 : 1;
