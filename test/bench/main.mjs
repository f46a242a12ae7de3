/**
 * `npm run bench [-- --small] [--keep] [--folder DIR]`: quantizes eight synthetic ViT-L/14-sized F32 checkpoints
 * (9 x 1.21 GB, deleted afterwards) on the CPU backend, and does the same work with plain PyTorch when Python has it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from './measure.mjs';
import { vitShapes, writeCheckpoint } from './synthetic.mjs';

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    folder: { type: 'string' },
    runs: { type: 'string', default: '3' },
  },
});
const TASKS = 8;
const tvq = fileURLToPath(new URL('../../dist/tvq.mjs', import.meta.url));
const peer = fileURLToPath(new URL('peer.py', import.meta.url));
const python = process.env.PYTHON ?? 'python3';

const folder = await mkdtemp(join(values.folder ?? tmpdir(), 'tvq-bench-'));
try {
  const shapes = vitShapes(values.small ? 2 : 24);
  const paths = Array.from({ length: TASKS + 1 }, (_, t) =>
    join(folder, t === 0 ? 'base.safetensors' : `task${t}.safetensors`),
  );
  for (const [t, path] of paths.entries()) await writeCheckpoint(path, shapes, t);
  const bytes = (await stat(paths[0])).size * paths.length;
  console.log(
    `${cpus().length} x ${cpus()[0].model}; ${paths.length} checkpoints, ${gigabytes(bytes)} in all, page cache warm`,
  );
  const hasTorch = spawnSync(python, ['-c', 'import torch, safetensors']).status === 0;

  console.log('\nwork            seconds      GB/s   peak RSS      file');
  for (const [name, flags, scheme] of [
    ['TVQ-INT2', ['--scheme', 'tvq', '--bits', '2'], 'tvq'],
    ['RTVQ-B3O2', ['--scheme', 'rtvq'], 'rtvq'],
  ]) {
    const output = join(folder, `${scheme}.tvq`);
    const tasks = paths.slice(1).flatMap((path, t) => ['--task', `task${t + 1}=${path}`]);
    const args = [
      tvq,
      'quantize',
      '--base',
      paths[0],
      ...tasks,
      '-o',
      output,
      '--backend',
      'cpu',
      '--overwrite',
      '--json',
      '--quiet',
      ...flags,
    ];
    await report(name, bytes, Number(values.runs), () => measure(process.execPath, args), output);
    if (hasTorch) {
      const codes = join(folder, 'peer.safetensors');
      await report(`${name} torch`, bytes, 1, () => measure(python, [peer, scheme, codes, ...paths]), codes);
    }
  }
  if (!hasTorch) console.log(`(${python} has no torch: no comparison)`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Runs some work a few times and prints the median; the peer runs once, it takes minutes. */
async function report(name, bytes, runs, work, output) {
  const results = [];
  for (let run = 0; run < runs; run++) results.push(await work());
  results.sort((a, b) => a.seconds - b.seconds);
  const { seconds } = results[Math.floor(results.length / 2)];
  const peak = Math.max(...results.map(result => result.peak));
  const size = (await stat(output)).size;
  await rm(output);
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

function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
