/**
 * `node test/bench/activation.mjs [--runs N]` after a build: what the extension costs a window with a folder designed
 * to block or overwhelm any scan. Prints its activation time as measured by VS Code, next to two of VS Code's own
 * extensions, and the extension host's memory, current and peak, above that of a window with an empty folder. Limits:
 * 50 ms, 50 MB.
 */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureWindows, residentBytes, running } from './window.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const WEIGHTS = fileURLToPath(new URL('../fixtures/llama/code/model.safetensors', import.meta.url));
const HEADER_BYTES = 99_000_000;
const LINKS = 300;
const FOLDERS = 16;
const DEPTH = 500;
const MODELS = 2000;
/** After this time a window has finished its startup work. */
const SETTLE_MS = 20_000;

await measureWindows(Number(values.runs), async session => {
  const { workspace } = session;
  await mkdir(workspace.path('empty'));
  await writeWorst(workspace.path('worst'));
  const empty = await costOf(session, workspace.path('empty'));
  const worst = await costOf(session, workspace.path('worst'));
  const activation = await activationsIn(session.workbench);
  return {
    'extension host, empty folder, MB': empty.now,
    'extension host, worst folder: more by, MB': worst.now - empty.now,
    'extension host, empty folder, at its most, MB': empty.most,
    'extension host, worst folder, at its most: more by, MB': worst.most - empty.most,
    'activation in the worst folder, ms': activation('TVQ Studio'),
    'the same, of VS Code\'s own "Merge Conflict", ms': activation('Merge Conflict'),
    'the same, of VS Code\'s own "Git", ms': activation('Git'),
  };
});

/** Opens a folder in the same window. The previous folder's host may live on: VS Code waits for it to come back. */
async function costOf({ workbench }, folder) {
  const before = new Set((await running()).host);
  await workbench.open(new URL(workbench.page.url()).origin, folder);
  await workbench.page.waitForTimeout(SETTLE_MS);
  const host = (await running()).host.filter(pid => !before.has(pid));
  return { now: await residentBytes(host), most: await residentBytes(host, 'VmHWM') };
}

/** Milliseconds by extension, from VS Code's list of running extensions. All start at once, on the same cores. */
async function activationsIn(workbench) {
  await workbench.runCommand('Developer: Show Running Extensions');
  const rows = workbench.page.locator('.runtime-extensions-editor .extension');
  await rows.filter({ hasText: 'TVQ Studio' }).waitFor();
  const texts = await rows.evaluateAll(all =>
    all.map(row => [
      row.querySelector('.name').textContent,
      row.querySelector('.activation-time').textContent,
    ]),
  );
  const times = new Map(texts);
  return name => {
    const [, ms] = /(\d+)\s*ms/.exec(times.get(name) ?? '') ?? [];
    if (ms === undefined) throw new Error(`no time of "${name}" among ${JSON.stringify(texts)}`);
    return Number(ms);
  };
}

/** Pipes, devices and endless links instead of models, the largest possible headers, deep and wide folders. */
async function writeWorst(root) {
  const folder = async (...names) => {
    const path = join(root, ...names);
    await mkdir(path, { recursive: true });
    return path;
  };
  spawnSync('mkfifo', [join(await folder('pipe'), 'model.safetensors'), join(root, 'pipe.tvq')]);
  for (let i = 0; i < FOLDERS; i++) {
    const model = await folder(`zero ${i}`);
    await copyFile(WEIGHTS, join(model, 'model.safetensors'));
    await symlink('/dev/zero', join(model, 'config.json'));
  }
  await symlink('/dev/zero', join(await folder('index'), 'model.safetensors.index.json'));
  await writeWide(join(root, 'wide.safetensors'));
  const links = await folder('links');
  const shards = Array.from({ length: LINKS }, (_, i) => `s${i}.safetensors`);
  for (const shard of shards) await symlink(join(root, 'wide.safetensors'), join(links, shard));
  const weight_map = Object.fromEntries(shards.map((shard, i) => [`t${i}`, shard]));
  await writeFile(join(links, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
  await symlink(root, join(root, 'again'));
  await folder(...Array(DEPTH).fill('d'));
  for (let i = 0; i < MODELS; i++) {
    await symlink(WEIGHTS, join(await folder('many', `model ${i}`), 'model.safetensors'));
  }
}

/** A header of 99 MB for one empty tensor. */
async function writeWide(path) {
  const header = Buffer.alloc(HEADER_BYTES, ' ');
  header.write('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(HEADER_BYTES));
  const file = await open(path, 'w');
  await file.write(length);
  await file.write(header);
  await file.close();
}
