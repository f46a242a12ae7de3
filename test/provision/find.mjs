/**
 * Finds what the tests need besides npm packages: Chromium (for its browser and its software Vulkan driver),
 * code-server (VS Code in a browser) with the Node.js it runs on, and Python with numpy. Installs nothing.
 */
import { spawnSync } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export const CODE_SERVER = '4.139.1';
/** code-server 4.139 needs Node 24, whatever Node runs the tests; it is available as an npm package. */
export const NODE = '24.21.0';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_BROWSER = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const BROWSER_FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** What the tests use. Missing things are undefined. */
export async function find() {
  return { ...(await findBrowser()), codeServer: await findCodeServer(), python: findPython() };
}

/** The browser that the tests start, and the Vulkan driver that comes with it. */
export async function findBrowser() {
  const chromium =
    (await firstThatExists([process.env.CHROMIUM].filter(Boolean))) ??
    (await findProgram(BROWSERS)) ??
    (await firstThatExists([MAC_BROWSER]));
  const folders = chromium ? [dirname(await realpath(chromium)), ...BROWSER_FOLDERS] : BROWSER_FOLDERS;
  return {
    chromium,
    driver: await firstThatExists(folders.map(folder => join(folder, 'vk_swiftshader_icd.json'))),
    loader: await firstThatExists(LIBRARY_FOLDERS.map(folder => join(folder, 'libvulkan.so.1'))),
  };
}

export async function findCodeServer() {
  const found = codeServerIn(codeServerFolder());
  return (await firstThatExists([found.node])) && (await firstThatExists([found.entry])) ? found : undefined;
}

/** Where code-server is installed. */
export function codeServerFolder() {
  return join(cacheFolder(), `code-server-${CODE_SERVER}`);
}

export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tvq-studio');
}

/** Where an install into `folder` puts what we start. */
export function codeServerIn(folder) {
  return {
    node: join(folder, 'node_modules', nodePackage(), 'bin', 'node'),
    entry: join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
  };
}

export function nodePackage() {
  return `node-${process.platform}-${process.arch}`;
}

/** A Python that has numpy: PYTHON, the first in PATH, or the system's, which Debian's numpy belongs to. */
export function findPython() {
  const pythons = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter(Boolean);
  return pythons.find(python => spawnSync(python, ['-c', 'import numpy']).status === 0);
}

/** The first of these programs that is in PATH. */
export async function findProgram(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '');
  return firstThatExists(names.flatMap(name => folders.map(folder => join(folder, name))));
}

export async function firstThatExists(paths) {
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
