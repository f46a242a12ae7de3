/**
 * `node test/bench/inspector.mjs [--runs N]` after a build: opens a .tvq file of five gigabytes (sparse: it takes no
 * room) in a real VS Code, and scrolls to its end. Prints how long that takes, and the resident memory of the extension
 * host, which reads the header, and of the engine, which looks into a tensor, before and after. What has to hold: 2 s until it is seen, 200 MB more in the host.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { packageExtension } from '../../extension/package.mjs';
import { provision } from '../provision.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const RUNS = Number(values.runs);
const FILE = { tasks: 33, blocks: 24, width: 1024, bits: 4 };
const WEIGHT = 'resblocks.7.mlp.c_fc.weight';
/** A window that has just come up is still loading. */
const SETTLE_MS = 5000;
/** Where the table is looked at on the way. */
const STOPS = 40;

const { writeSparseTvq } = await typescript('../sparseTvq.ts');
const { Session } = await typescript('../e2e/harness/session.ts');
const { InspectorPage } = await typescript('../e2e/harness/inspectorPage.ts');
const { descendants } = await typescript('../e2e/harness/processTree.ts');

const { chromium, codeServer, missing } = await provision();
if (!chromium || !codeServer) throw new Error(missing.join('\n'));
const folder = await mkdtemp(join(tmpdir(), 'tvq-bench-'));
try {
  const vsix = join(folder, 'tvq-studio.vsix');
  await packageExtension(`${process.platform}-${process.arch}`, vsix);
  const results = [];
  for (let run = 0; run < RUNS; run++)
    results.push(await measure({ chromium, program: codeServer, packages: [vsix] }));
  console.log(`\n${cpus().length} x ${cpus()[0].model}; median (smallest to largest) of ${RUNS} windows`);
  for (const name of Object.keys(results[0])) {
    const [of, digits] = name.endsWith('MB') ? [1e-6, 0] : [1e-3, 2];
    const sorted = results.map(result => result[name] * of).sort((a, b) => a - b);
    const [least, middle, most] = [sorted[0], sorted[RUNS >> 1], sorted.at(-1)].map(x => x.toFixed(digits));
    console.log(`${name.padEnd(54)} ${middle.padStart(6)} (${least} to ${most})`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** A fresh window, and what the file is to it. Times in ms, memory in bytes. */
async function measure(programs) {
  const session = await Session.start({ ...programs, restricted: false });
  const { workbench, workspace } = session;
  try {
    const { bytes, rows, headerBytes } = await writeSparseTvq(workspace.path('large.tvq'), FILE);
    console.log(`${bytes} bytes, ${rows} tensors, a header of ${headerBytes} bytes`);
    await workbench.showView('Explorer');
    const item = workbench.explorerItem('large.tvq');
    await item.waitFor();
    await workbench.page.waitForTimeout(SETTLE_MS);
    const before = await resident();

    const inspector = new InspectorPage(workbench.inspector);
    const open = () =>
      timed(async () => {
        await item.dblclick();
        await Promise.all([inspector.heading('large.tvq'), inspector.loaded()]);
      });
    const first = await open();
    const opened = await resident();
    const scrolled = await timed(() => inspector.scrollTo(rows));
    for (let part = 1; part < STOPS; part++) await inspector.scrollTo(Math.round((rows * part) / STOPS));
    await workbench.page.waitForTimeout(SETTLE_MS);
    const after = await resident();

    await inspector.search(WEIGHT);
    while ((await inspector.matches()) !== FILE.tasks) await workbench.page.waitForTimeout(50);
    const looked = await timed(() => inspector.lookInto());
    const inside = await resident();
    await workbench.runCommand('View: Close Editor');
    const again = await open();
    return {
      'double click to heading and rows, s': first,
      'again, with the editor closed between, s': again,
      'from the first row to the last, s': scrolled,
      'to what is in a matrix, the engine started for it, s': looked,
      'extension host before, MB': before.host,
      'extension host, opened: more by, MB': opened.host - before.host,
      'extension host, scrolled: more by, MB': after.host - before.host,
      'extension host, a matrix looked into: more by, MB': inside.host - before.host,
      'engine before, MB': before.engine,
      'engine, scrolled, MB': after.engine,
      'engine, a matrix looked into, MB': inside.engine,
    };
  } finally {
    await session.stop();
  }
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Resident bytes of the extension host and the engine, which are processes that we started; 0 for one that is not. */
async function resident() {
  const found = { host: 0, engine: 0 };
  for (const pid of await descendants(process.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const who = /--type=extensionHost/.test(command) ? 'host' : /engine\.mjs/.test(command) ? 'engine' : '';
    if (who === '') continue;
    const [, kB] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
    found[who] += 1024 * Number(kB ?? 0);
  }
  return found;
}

/** The tests' own helpers, as the tests load them. */
async function typescript(path) {
  const { module } = await runnerImport(fileURLToPath(new URL(path, import.meta.url)), { configFile: false });
  return module;
}
