/**
 * Finds, or installs, what the tests need beside npm packages: Chromium (for its browser and its software Vulkan
 * driver) and code-server (VS Code in a browser) with the Node.js it runs on. Quick when all is there.
 * `node test/provision.mjs` prints what it found; `provision()` returns it.
 */
import { spawnSync } from 'node:child_process';
import { access, constants, mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CODE_SERVER = '4.139.1';
/** code-server 4.139 runs on Node 24, whatever Node runs the tests; npm has it as a package. */
const NODE = '24.21.0';
/** Both are generous: on two cores they take one and five minutes. */
const APT_TIMEOUT_MS = 5 * 60_000;
const NPM_TIMEOUT_MS = 12 * 60_000;

/** Debian's packages: the browser, the Vulkan loader, and a header that code-server's install compiles with. */
const PACKAGES = ['chromium', 'libvulkan1', 'libkrb5-dev'];
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** Finds everything, and installs what can be installed. */
export async function provision() {
  const missing = [];
  let system = await findSystem();
  const codeServer = await findCodeServer();
  const wanted = PACKAGES.filter(
    name =>
      (name === 'chromium' && !(system.chromium && system.driver)) ||
      (name === 'libvulkan1' && !system.loader) ||
      (name === 'libkrb5-dev' && !codeServer && !system.kerberos),
  );
  if (wanted.length > 0) {
    const failure = installPackages(wanted);
    if (failure) missing.push(failure);
    system = await findSystem();
  }
  if (!system.chromium) missing.push('no Chromium: the tests in a real VS Code are left out');
  if (!system.driver) missing.push('no software Vulkan driver: the WebGPU tests need a GPU');
  if (!system.loader) missing.push('no Vulkan loader (libvulkan.so.1): WebGPU finds no device');
  const { chromium, driver } = system;
  return {
    chromium,
    vulkanEnv: driver ? { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver } : {},
    // Without a browser it would be of no use.
    codeServer: codeServer ?? (chromium ? await installCodeServer(missing) : undefined),
    missing,
  };
}

async function findSystem() {
  const chromium = await findBrowser();
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  if (chromium) folders.unshift(dirname(await realpath(chromium)));
  return {
    chromium,
    driver: await firstThatExists(folders.map(folder => join(folder, 'vk_swiftshader_icd.json'))),
    loader: await firstThatExists(LIBRARY_FOLDERS.map(folder => join(folder, 'libvulkan.so.1'))),
    kerberos: await firstThatExists(['/usr/include/gssapi/gssapi.h', '/usr/include/gssapi.h']),
  };
}

async function findBrowser() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '');
  return firstThatExists(BROWSERS.flatMap(name => folders.map(folder => join(folder, name))));
}

async function firstThatExists(paths) {
  for (const path of paths) {
    if (
      await access(path, constants.R_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** @returns {string | undefined} why it did not work */
function installPackages(names) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return `not root on a Debian system, so install these yourself: ${names.join(' ')}`;
  }
  console.log(`Installing ${names.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: APT_TIMEOUT_MS };
  spawnSync('apt-get', ['update'], options);
  const { status, stderr, error } = spawnSync(
    'apt-get',
    ['install', '-y', '--no-install-recommends', ...names],
    options,
  );
  return status === 0
    ? undefined
    : `apt-get could not install ${names.join(' ')}: ${lastLine(stderr, error)}`;
}

function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tvq-studio');
}

/** Where an install into `folder` puts what we start. */
function codeServerIn(folder) {
  return {
    node: join(folder, 'node_modules', nodePackage(), 'bin', 'node'),
    entry: join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  };
}

function nodePackage() {
  return `node-${process.platform}-${process.arch}`;
}

async function findCodeServer() {
  const found = codeServerIn(join(cacheFolder(), `code-server-${CODE_SERVER}`));
  return (await firstThatExists([found.node])) && (await firstThatExists([found.entry])) ? found : undefined;
}

/** Installs beside its final place and renames, so that an interrupted install never looks like a whole one. */
async function installCodeServer(missing) {
  if (process.platform !== 'linux') {
    missing.push('code-server is installed on Linux only: the tests in a real VS Code are left out');
    return undefined;
  }
  const cache = cacheFolder();
  const target = join(cache, `code-server-${CODE_SERVER}`);
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const partial = `${target}.${process.pid}.partial`;
  console.log(`Installing code-server ${CODE_SERVER} into ${cache} (some minutes, once) …`);
  try {
    await mkdir(partial);
    await writeFile(join(partial, 'package.json'), '{ "private": true }\n');
    const { node } = codeServerIn(partial);
    const failure =
      npmInstall(partial, `${nodePackage()}@${NODE}`, {}) ??
      npmInstall(partial, `code-server@${CODE_SERVER}`, {
        // Its native modules are compiled for the Node that will run them.
        PATH: dirname(node) + delimiter + process.env.PATH,
        npm_config_nodedir: dirname(dirname(node)),
      });
    if (failure) {
      missing.push(`code-server ${CODE_SERVER} could not be installed: ${failure}`);
      return undefined;
    }
    // Another run may have been faster: its install is as good, and may be in use.
    if (!(await findCodeServer())) {
      await rm(target, { recursive: true, force: true });
      await rename(partial, target);
    }
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return codeServerIn(target);
}

/** @returns {string | undefined} why it did not work */
function npmInstall(folder, name, env) {
  const { status, stderr, error } = spawnSync(
    'npm',
    ['install', '--prefix', folder, '--no-audit', '--no-fund', name],
    {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: NPM_TIMEOUT_MS,
    },
  );
  return status === 0 ? undefined : lastLine(stderr, error);
}

/** What installs that were killed left behind. */
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

function lastLine(stderr, error) {
  return (stderr ?? '').trim().split('\n').at(-1) || error?.message || 'no reason given';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { missing, ...found } = await provision();
  console.log(JSON.stringify(found, undefined, 2));
  for (const line of missing) console.log(`missing: ${line}`);
}
