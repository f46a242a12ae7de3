/**
 * `npm test`: installs what is missing, checks types and style, builds, and runs every test. The last line is
 * `N passed, N failed`. `npm test -- unit integration` runs only those projects.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provision } from './provision.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const projects = process.argv.slice(2);

const { vulkanEnv, missing } = await provision();
for (const line of missing) console.log(`not found: ${line}`);

const env = { ...vulkanEnv, ...process.env };
let passed = 0;
let failed = 0;

/** Runs a program of node_modules; a failing one counts as one failed test. */
function check(name, script, ...args) {
  console.log(`\n> ${name}`);
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, env, stdio: 'inherit' });
  if (status === 0) passed++;
  else failed++;
  return status === 0;
}

check('types', 'node_modules/typescript/bin/tsc');
check('lint', 'node_modules/eslint/bin/eslint.js', '.');
check('style', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
if (check('build', 'esbuild.mjs')) runTests();

/** Adds up what vitest says of each test; a file that cannot be loaded, and a run that breaks off, count as failed. */
function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'tvq-tests-'));
  const report = join(folder, 'report.json');
  const only = projects.flatMap(project => ['--project', project]);
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...only,
    '--reporter',
    'default',
    '--reporter',
    'json',
  ];
  console.log('\n> tests');
  const run = spawnSync(process.execPath, [...args, '--outputFile.json', report], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  try {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    passed += results.numPassedTests;
    failed += results.numFailedTests;
    failed += results.testResults.filter(
      file => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    if (run.status !== 0 && failed === 0) failed++;
  } catch {
    failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
