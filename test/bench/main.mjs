/**
 * `npm run bench [-- --small] [--folder DIR] [--runs N]`: on the CPU backend, with checkpoints that are created for it
 * and deleted afterwards,
 * - quantizes eight synthetic ViT-L/14-sized F32 checkpoints and their base (9 x 1.21 GB), and does the same work in
 *   plain PyTorch if Python has it;
 * - merges Llama-like BF16 checkpoints of 468 M parameters (0.94 GB each): a base and two, then three, fine-tuned ones.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from './measure.mjs';
import { llamaShapes, vitShapes, writeCheckpoint } from './synthetic.mjs';

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    folder: { type: 'string' },
    runs: { type: 'string', default: '3' },
  },
});
const RUNS = Number(values.runs);
const tvq = fileURLToPath(new URL('../../dist/tvq.mjs', import.meta.url));
const peer = fileURLToPath(new URL('peer.py', import.meta.url));
const python = process.env.PYTHON ?? 'python3';

console.log(`${cpus().length} x ${cpus()[0].model}, page cache warm, median of ${RUNS} runs`);
await withCheckpoints(9, vitShapes(values.small ? 2 : 24), 'F32', quantizing);
await withCheckpoints(4, llamaShapes(values.small ? 2 : 24), 'BF16', merging);

/** Makes a base and its fine-tuned checkpoints for `work`, and deletes them. */
async function withCheckpoints(count, shapes, dtype, work) {
  const folder = await mkdtemp(join(values.folder ?? tmpdir(), 'tvq-bench-'));
  try {
    const paths = Array.from({ length: count }, (_, t) =>
      join(folder, t === 0 ? 'base.safetensors' : `task${t}.safetensors`),
    );
    for (const [t, path] of paths.entries()) await writeCheckpoint(path, shapes, t, dtype);
    await work(folder, paths, (await stat(paths[0])).size);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param size bytes of one checkpoint */
async function quantizing(folder, paths, size) {
  const hasTorch = spawnSync(python, ['-c', 'import torch, safetensors']).status === 0;
  heading(`quantizing: ${paths.length} checkpoints, ${gigabytes(size * paths.length)}`);
  for (const [name, flags, scheme] of [
    ['TVQ-INT2', ['--scheme', 'tvq', '--bits', '2'], 'tvq'],
    ['RTVQ-B3O2', ['--scheme', 'rtvq'], 'rtvq'],
  ]) {
    const output = join(folder, `${scheme}.tvq`);
    const run = () => command('quantize', paths, output, flags);
    await report(name, size * paths.length, RUNS, paths, run, output);
    if (!hasTorch) continue;
    const codes = join(folder, 'peer.safetensors');
    const loop = () => measure(python, [peer, scheme, codes, ...paths]);
    await report(`${name} torch`, size * paths.length, 1, paths, loop, codes);
  }
  if (!hasTorch) console.log(`(${python} has no torch: no comparison)`);
}

async function merging(folder, paths, size) {
  for (const used of [paths.slice(0, 3), paths]) {
    heading(`merging: a base and ${used.length - 1} more, ${gigabytes(size * used.length)}`);
    for (const [method, ...flags] of [
      ['task_arithmetic'],
      ['ties', '--param', 'density=0.5'],
      ['dare_ties', '--param', 'density=0.5'],
    ]) {
      const output = join(folder, 'merged');
      const run = () => command('merge', used, output, ['--method', method, ...flags]);
      await report(method, size * used.length, RUNS, used, run, output);
    }
  }
}

function command(name, [base, ...tuned], output, flags) {
  const tasks = tuned.flatMap((path, t) => ['--task', `task${t + 1}=${path}`]);
  const common = ['--backend', 'cpu', '--json', '--quiet'];
  return measure(process.execPath, [tvq, name, '--base', base, ...tasks, '-o', output, ...common, ...flags]);
}

function heading(what) {
  console.log(`\n${what}\nwork            seconds      GB/s   peak RSS    output`);
}

/** Runs some work a few times, its inputs read into the page cache each time, and prints the median. */
async function report(name, bytes, runs, inputs, work, output) {
  const results = [];
  let size = 0;
  for (let run = 0; run < runs; run++) {
    for (const path of inputs) await touch(path);
    results.push(await work());
    const weights = join(output, 'model.safetensors');
    size = (await stat(weights).catch(() => stat(output))).size;
    await rm(output, { recursive: true });
  }
  results.sort((a, b) => a.seconds - b.seconds);
  const { seconds } = results[Math.floor(results.length / 2)];
  const peak = Math.max(...results.map(result => result.peak));
  console.log(
    [
      name.padEnd(16),
      seconds.toFixed(2).padStart(6),
      (bytes / 1e9 / seconds).toFixed(2).padStart(10),
      `${(peak / 2 ** 30).toFixed(2)} GiB`.padStart(11),
      gigabytes(size).padStart(10),
    ].join(''),
  );
}

/** Reads a file to its end. */
async function touch(path) {
  for await (const piece of createReadStream(path, { highWaterMark: 8 << 20 })) void piece;
}

function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
