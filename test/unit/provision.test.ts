/** What `npm test` installs, with stand-ins for npm and apt-get. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../needs.ts';
import { withoutNpm } from '../provision/environment.mjs';
import { temporaryPaths } from '../temporary.ts';

const PROVISION = join(import.meta.dirname, '../provision.mjs');
const LINUX = process.platform === 'linux';
const temporaryPath = await temporaryPaths();

interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly npmrc: string;
}

/** Records its calls, fails as often as told, and leaves behind what the real program would. */
const STAND_IN = (bin: string) => `#!${process.execPath}
const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, dirname, join } = require('node:path');
const name = basename(process.argv[1]);
const args = process.argv.slice(2);
const here = file => join(${JSON.stringify(bin)}, file);
const npmrc = name === 'npm' ? readFileSync('.npmrc', 'utf8') : '';
appendFileSync(here('calls'), JSON.stringify({ name, args, env: process.env, npmrc }) + '\\n');
const make = file => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
};
const failures = here(name + '-fails');
const left = existsSync(failures) ? Number(readFileSync(failures, 'utf8')) : 0;
if (args.includes('install') && left > 0) {
  writeFileSync(failures, String(left - 1));
  console.error('npm error network: connection reset\\nnpm error A complete log of this run can be found in: /x.log');
  process.exit(1);
}
const installed = args.at(-1).replace(/@[^@]*$/, '');
if (name === 'npm') {
  const file = installed === 'code-server' ? 'out/node/entry.js' : 'bin/node';
  make(join(process.cwd(), 'node_modules', installed, file));
}
if (args.includes('chromium')) make(here('chromium'));
`;

/** A machine whose only programs are the stand-ins, in a folder that is PATH. */
async function machine() {
  const bin = temporaryPath();
  const cache = temporaryPath();
  await mkdir(bin);
  for (const name of ['npm', 'apt-get']) {
    await writeFile(join(bin, name), STAND_IN(bin));
    await chmod(join(bin, name), 0o755);
  }
  return {
    bin,
    left: async () => (await readdir(cache)).flatMap(folder => readdir(join(cache, folder))),
    installs: async (program: string): Promise<Call[]> => {
      const lines = (await readFile(join(bin, 'calls'), 'utf8').catch(() => '')).split('\n');
      const calls = lines.filter(line => line !== '').map(line => JSON.parse(line) as Call);
      return calls.filter(({ name, args }) => name === program && args.includes('install'));
    },
    fails: (program: string, times: number) => writeFile(join(bin, `${program}-fails`), String(times)),
    provision: (env: NodeJS.ProcessEnv = {}): string => {
      const own = { PATH: bin, XDG_CACHE_HOME: cache, PYTHON: '/nowhere/python3' };
      return spawnSync(process.execPath, [PROVISION], { env: { ...own, ...env }, encoding: 'utf8' }).stdout;
    },
  };
}

describe('code-server', needs('Linux', LINUX), () => {
  /** With a browser, which needs no apt-get. */
  async function withBrowser() {
    const { bin, provision, ...rest } = await machine();
    const CHROMIUM = join(bin, 'browser');
    await writeFile(CHROMIUM, '');
    return { ...rest, bin, provision: (env: NodeJS.ProcessEnv = {}) => provision({ CHROMIUM, ...env }) };
  }

  test('is installed by an npm that knows nothing of the npm around it', async () => {
    const { bin, provision, installs } = await withBrowser();
    const around = {
      npm_config_user_agent: 'npm/10.8.2 node/v20.20.2 linux x64',
      npm_config_registry: 'http://localhost:9/',
      npm_lifecycle_event: 'test',
      npm_execpath: '/x/npm-cli.js',
      INIT_CWD: '/project',
      NODE: '/x/node',
      PATH: [
        '/project/node_modules/.bin',
        '/x/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin',
        bin,
      ].join(delimiter),
    };
    provision(around);
    const calls = await installs('npm');
    expect(calls.map(({ args }) => args.at(-1))).toEqual([
      expect.stringMatching(/^node-linux-\w+@24\./),
      expect.stringMatching(/^code-server@/),
    ]);
    for (const { args, env } of calls) {
      expect(Object.keys(env).filter(name => /^(npm_|INIT_CWD|NODE$)/.test(name))).toEqual([]);
      expect(env['PATH']).not.toContain('node_modules/.bin');
      expect(env['PATH']).not.toContain('node-gyp-bin');
      // The source of packages still applies.
      expect(args.join(' ')).toContain('--registry=http://localhost:9/');
    }
    // The second runs on the Node.js that the first installed, and compiles for it.
    expect(calls[1]?.env['PATH']).toMatch(/^\S+\/node-linux-\w+\/bin:/);
    expect(calls[1]?.npmrc).toMatch(/^nodedir="\S+\/node-linux-\w+"$/m);
  });

  test('is installed once', async () => {
    const { provision, installs } = await withBrowser();
    expect(provision()).toContain('"entry"');
    expect(provision()).toContain('"entry"');
    expect(await installs('npm')).toHaveLength(2);
  });

  test('is tried a second time', async () => {
    const { provision, installs, fails } = await withBrowser();
    await fails('npm', 1);
    expect(provision()).toContain('"entry"');
    expect(await installs('npm')).toHaveLength(3);
  });

  test('is named with the reason when it fails again, and leaves nothing behind', async () => {
    const { provision, installs, fails, left } = await withBrowser();
    await fails('npm', 2);
    const said = provision();
    expect(said).toMatch(/missing: code-server .* could not be installed: network: connection reset$/m);
    expect(said).not.toContain('"entry"');
    expect(await installs('npm')).toHaveLength(2);
    expect(await Promise.all(await left())).toEqual([[]]);
  });
});

describe('packages', needs('root on Linux', LINUX && process.getuid?.() === 0), () => {
  test('are all that a machine with nothing needs, in one install, tried a second time', async () => {
    const { provision, installs, fails } = await machine();
    await fails('apt-get', 1);
    const said = provision();
    const [first, second, ...more] = await installs('apt-get');
    expect(first?.args).toEqual(expect.arrayContaining(['chromium', 'python3', 'g++', 'make']));
    expect(second?.args).toEqual(first?.args);
    expect(more).toEqual([]);
    expect(said).toContain('"chromium"');
    expect(said).not.toContain('could not install');
  });
});

test('an environment without npm is what it was before', () => {
  const before = {
    PATH: ['/usr/bin', '/bin'].join(delimiter),
    HOME: '/home/a',
    NODE_OPTIONS: '--x',
    EDITOR: 'vi',
  };
  const PATH = ['/p/node_modules/.bin', '/node_modules/.bin', before.PATH].join(delimiter);
  const set = {
    npm_config_prefix: '/x',
    npm_package_name: 'p',
    npm_node_execpath: '/n',
    INIT_CWD: '/p',
    NODE: '/n',
  };
  expect(withoutNpm({ ...before, ...set, PATH })).toEqual(before);
  expect(withoutNpm({ A: 'a', npm_command: 'test' })).toEqual({ A: 'a' });
});
