/** Debian packages that the tests need. */
import { spawnSync } from 'node:child_process';
import { findProgram, firstThatExists } from './find.mjs';
import { reasonOf, twice } from './twice.mjs';

/** Generous: on two cores it takes two minutes, and an interrupted install must be repaired by hand. */
const TIMEOUT_MS = 15 * 60_000;
/** Waits for another apt-get, which a fresh machine may run on its own. */
const LOCK_SECONDS = 120;

/**
 * @param {Awaited<ReturnType<import('./find.mjs').find>>} found
 * @returns {Promise<string[]>} packages that provide what is missing
 */
export async function missingPackages({ chromium, driver, loader, python, codeServer }) {
  const wanted = [];
  if (!chromium || !driver) wanted.push('chromium');
  if (!loader) wanted.push('libvulkan1');
  if (!python) wanted.push('python3-numpy');
  if (!codeServer) wanted.push(...(await missingTools()));
  return wanted;
}

/** The tools with which code-server's install compiles its native modules. */
async function missingTools() {
  const wanted = [];
  if (!(await findProgram(['g++', 'c++']))) wanted.push('g++');
  if (!(await findProgram(['make']))) wanted.push('make');
  if (!(await findProgram(['python3']))) wanted.push('python3');
  if (!(await firstThatExists(['/usr/include/gssapi/gssapi.h', '/usr/include/gssapi.h'])))
    wanted.push('libkrb5-dev');
  return wanted;
}

/** @returns {string | undefined} why it failed */
export function installPackages(names) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return `not root on a Debian system, so install these yourself: ${names.join(' ')}`;
  }
  console.log(`Installing ${names.join(', ')} …`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  };
  const wait = ['-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`];
  const { status, stderr, error } = twice(() => {
    // An earlier interruption keeps apt-get from doing anything.
    spawnSync('dpkg', ['--configure', '-a'], options);
    spawnSync('apt-get', [...wait, 'update'], options);
    return spawnSync('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...names], options);
  });
  return status === 0
    ? undefined
    : `apt-get could not install ${names.join(' ')}: ${reasonOf(stderr, error)}`;
}
