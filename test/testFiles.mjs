import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every test file that a run of these projects has to run: a project is a folder of test/. None: all projects.
 *
 * @param {string} root
 * @param {readonly string[]} projects
 * @returns {string[]} relative to `root`
 */
export function testFiles(root, projects) {
  return readdirSync(join(root, 'test'), { recursive: true })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => path.endsWith('.test.ts'))
    .filter(path => projects.length === 0 || projects.includes(path.split('/')[0]))
    .map(path => `test/${path}`)
    .sort();
}
