/** code-server from the npm registry, with the Node.js it runs on. */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { withoutNpm } from './environment.mjs';
import {
  CODE_SERVER,
  NODE,
  cacheFolder,
  codeServerFolder,
  codeServerIn,
  findCodeServer,
  nodePackage,
} from './find.mjs';
import { reasonOf, twice } from './twice.mjs';

/** Generous: on two cores it takes five minutes. */
const TIMEOUT_MS = 20 * 60_000;
/** The source of packages depends on the machine, so the settings of an outer npm apply to ours. */
const SOURCE_OPTIONS = ['registry', 'cafile', 'userconfig', 'globalconfig'];

/**
 * Installs beside its final place and renames, so that an interrupted install never looks like a complete one.
 *
 * @returns {Promise<string | undefined>} why it failed
 */
export async function installCodeServer() {
  if (process.platform !== 'linux') return 'it is installed on Linux only';
  const cache = cacheFolder();
  const target = codeServerFolder();
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const partial = `${target}.${process.pid}.partial`;
  console.log(`Installing code-server ${CODE_SERVER} into ${cache} (some minutes, once) …`);
  try {
    await mkdir(partial);
    await writeFile(join(partial, 'package.json'), '{ "private": true }\n');
    const bin = dirname(codeServerIn(partial).node);
    // Its native modules are compiled for the Node that will run them.
    await writeFile(join(partial, '.npmrc'), `nodedir=${JSON.stringify(dirname(bin))}\n`);
    const failure =
      npmInstall(partial, `${nodePackage()}@${NODE}`) ??
      npmInstall(partial, `code-server@${CODE_SERVER}`, bin);
    if (failure) return failure;
    // Another run may have been faster: its install is equally good, and may be in use.
    if (!(await findCodeServer())) {
      await rm(target, { recursive: true, force: true });
      await rename(partial, target);
    }
    return undefined;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** @returns {string | undefined} why it failed */
function npmInstall(folder, name, ...path) {
  const env = withoutNpm(process.env);
  const sources = SOURCE_OPTIONS.flatMap(option => {
    const value = process.env[`npm_config_${option}`];
    return value ? [`--${option}=${value}`] : [];
  });
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', ...sources, name];
  const { status, stderr, error } = twice(() =>
    spawnSync('npm', args, {
      cwd: folder,
      env: { ...env, PATH: [...path, env.PATH].join(delimiter) },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    }),
  );
  return status === 0 ? undefined : reasonOf(stderr, error);
}

/** Removes what killed installs left behind. */
async function removeAbandoned(cache) {
  for (const name of await readdir(cache)) {
    const pid = Number(/\.(\d+)\.partial$/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
