/** What benchmarks in a real VS Code share: the tests' own helpers, the packaged extension, and the memory of processes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { packageExtension } from '../../scripts/package.mjs';
import { provision } from '../provision.mjs';

const { Session } = await typescript('../e2e/harness/session.ts');
const { startBrowser } = await typescript('../e2e/harness/browser.ts');
const { installExtensions, Server } = await typescript('../e2e/harness/server.ts');
const { descendants } = await typescript('../e2e/harness/processTree.ts');

/** Calls `measure` `runs` times, each with a fresh window, and prints each value's median and range. */
export async function measureWindows(runs, measure) {
  const { chromium, codeServer, missing } = await provision();
  if (!chromium || !codeServer) throw new Error(missing.join('\n'));
  const folder = await mkdtemp(join(tmpdir(), 'tvq-bench-'));
  try {
    const vsix = join(folder, 'tvq-studio.vsix');
    await packageExtension(`${process.platform}-${process.arch}`, vsix);
    const extensions = join(folder, 'extensions');
    installExtensions(codeServer, extensions, [vsix], folder);
    const results = [];
    for (let run = 0; run < runs; run++) {
      const server = await Server.start({ program: codeServer, extensions, restricted: false });
      const browser = await startBrowser(chromium);
      try {
        const session = await Session.open(browser, server.place);
        results.push(await measure(session));
        await session.close();
      } finally {
        await browser.browser().close();
        await server.stop();
      }
    }
    print(results);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names end with their unit: `s` of values in ms, `MB` of bytes, `ms` unchanged. */
function print(results) {
  console.log(
    `\n${cpus().length} x ${cpus()[0].model}; median (smallest to largest) of ${results.length} windows`,
  );
  for (const name of Object.keys(results[0])) {
    const [of, digits] = name.endsWith('MB') ? [1e-6, 0] : name.endsWith(' ms') ? [1, 0] : [1e-3, 2];
    const sorted = results.map(result => result[name] * of).sort((a, b) => a - b);
    const [least, middle, most] = [sorted[0], sorted[results.length >> 1], sorted.at(-1)].map(x =>
      x.toFixed(digits),
    );
    console.log(`${name.padEnd(54)} ${middle.padStart(6)} (${least} to ${most})`);
  }
}

export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Process ids of the extension hosts and the engines that we started. */
export async function running() {
  const found = { host: [], engine: [] };
  for (const pid of await descendants(process.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const who = /--type=extensionHost/.test(command) ? 'host' : /engine\.mjs/.test(command) ? 'engine' : '';
    if (who !== '') found[who].push(pid);
  }
  return found;
}

/** Resident bytes of processes, current or peak. */
export async function residentBytes(pids, field = 'VmRSS') {
  let bytes = 0;
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    bytes += 1024 * Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
  }
  return bytes;
}

/** The tests' own helpers, loaded the same way as in the tests. */
export async function typescript(path) {
  const { module } = await runnerImport(fileURLToPath(new URL(path, import.meta.url)), { configFile: false });
  return module;
}
