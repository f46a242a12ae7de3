/**
 * Whether two builds write the same bytes: `node test/bench/sameOutputs.mjs DIST DIST [--backend cpu|webgpu]` runs
 * every scheme, codec, method and restore on the sample checkpoints with both. Exits with 1 if an output differs. For
 * changes that must not affect outputs.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: 'string', default: 'cpu' } },
});
const [before, after] = positionals.map(folder => resolve(folder));
if (after === undefined) throw new Error('two folders of built files are needed');

const model = name => fileURLToPath(new URL(`../fixtures/llama/${name}`, import.meta.url));
const TASKS = ['chat', 'code', 'math'];
const INPUTS = ['--base', model('base'), ...TASKS.flatMap(name => ['--task', `${name}=${model(name)}`])];

/** Settings of `tvq quantize`, by the name of their output. */
const QUANTIZED = {
  tvq: ['--scheme', 'tvq', '--bits', '3'],
  rtvq: ['--scheme', 'rtvq', '--base-bits', '3', '--offset-bits', '2'],
  fq: ['--scheme', 'fq', '--bits', '8'],
  pruned: ['--scheme', 'tvq', '--bits', '4', '--prune', '0.5'],
  ...Object.fromEntries(
    ['clip', 'gaussian', 'lloyd-max', 'hadamard'].map(codec => [
      codec,
      ['--scheme', 'tvq', '--bits', '2', '--codec', codec],
    ]),
  ),
  nearest: ['--scheme', 'tvq', '--bits', '2', '--codec', 'hadamard', '--reconstruction', 'nearest'],
  grouped: ['--scheme', 'tvq', '--bits', '3', '--codec', 'clip', '--group-size', '32'],
  budget: ['--budget', '1.5bpw'],
  energy: ['--budget', '2bpw', '--sensitivity', 'energy'],
  error: ['--budget', 'error=0.1'],
  widths: ['--budget', '3bpw', '--codec', 'minmax'],
  shared: ['--budget', '3bpw', '--scheme', 'rtvq'],
};
/** Methods that take exactly two models. */
const OF_TWO = new Set(['slerp', 'nuslerp', 'nearswap', 'arcee_fusion']);

/** Outputs contain and hash their date, so every build gets the same one. */
const DATE = "Date.prototype.toISOString = () => '2000-01-01T00:00:00.000Z';";
const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(DATE)}` };

const run = (dist, folder, args) => {
  const common = ['--backend', values.backend, '--quiet'];
  const [command, ...rest] = args;
  const result = spawnSync(process.execPath, [join(dist, 'tvq.mjs'), command, ...common, ...rest], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`tvq ${args.join(' ')}: ${result.stderr}`);
};

const methodsOf = dist => {
  const { stdout } = spawnSync(process.execPath, [join(dist, 'tvq.mjs'), 'merge', '--help'], {
    encoding: 'utf8',
  });
  const listed = stdout.slice(stdout.indexOf('Methods and their parameters:'));
  return [...listed.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
};

/** Everything that a build writes, into a folder. */
function writeAll(dist, methods, folder) {
  for (const [name, options] of Object.entries(QUANTIZED)) {
    run(dist, folder, ['quantize', ...INPUTS, ...options, '--no-cache', '-o', `${name}.tvq`]);
    const source = [`${name}.tvq`, '--base', model('base')];
    run(dist, folder, ['restore', ...source, '--task', 'code', '-o', `${name}-restored`]);
  }
  for (const method of methods) {
    const inputs = OF_TWO.has(method) ? INPUTS.slice(0, 6) : INPUTS;
    run(dist, folder, ['merge', ...inputs, '--method', method, '-o', `merged-${method}`]);
  }
  const tasks = ['budget.tvq', '--base', model('base')];
  run(dist, folder, ['merge', ...tasks, '--method', 'ties', '-o', 'merged-tasks']);
}

/** The parts of an output that tell how long it took. */
const TIMES = /"(seconds|elapsed\w*)": ?[\d.]+/g;

async function hashes(folder) {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry =>
    entry.isFile(),
  );
  const all = names.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    const bytes = await readFile(path);
    const content = bytes.toString('latin1').replace(TIMES, '');
    return [path.slice(folder.length + 1), createHash('sha256').update(content, 'latin1').digest('hex')];
  });
  return new Map(await Promise.all(all));
}

const folder = await mkdtemp(join(tmpdir(), 'tvq-same-'));
try {
  const methods = methodsOf(before);
  const written = [];
  for (const dist of [before, after]) {
    // Both under one name, one after the other, as outputs may contain their own path.
    const place = join(folder, 'outputs');
    await mkdir(place);
    writeAll(dist, methods, place);
    written.push(await hashes(place));
    await rm(place, { recursive: true });
  }
  const [old, made] = written;
  const different = [...new Set([...old.keys(), ...made.keys()])].filter(
    name => old.get(name) !== made.get(name),
  );
  console.log(
    `${values.backend}: ${methods.length} methods, ${old.size} files, ${different.length} different`,
  );
  for (const name of different) console.log(`  ${name}`);
  process.exitCode = different.length > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
