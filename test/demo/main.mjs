/**
 * `npm run demo`: quantizes the sample checkpoints in test/fixtures/llama (a small real Llama in bfloat16, and three
 * fine-tuned variants of it) in every way the paper compares, restores one, and says where the files are.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = relative => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const sample = name => path(`test/fixtures/llama/${name}`);
const folder = mkdtempSync(join(tmpdir(), 'tvq-demo-'));
const tasks = ['code', 'math', 'chat'];

/** Runs the tvq command and returns the JSON object it prints. */
function tvq(...args) {
  const run = spawnSync(process.execPath, [path('dist/tvq.mjs'), ...args, '--json', '--quiet'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  return JSON.parse(run.stdout);
}

console.log('Base model and three fine-tuned checkpoints, 24,736 weights each, in test/fixtures/llama:\n');
console.log(
  'scheme                                 file     of FP32   bits/weight   squared error, relative',
);
const schemes = [
  ['FQ  8 bits: whole models', ['--scheme', 'fq', '--bits', '8']],
  ['TVQ 4 bits: task vectors', ['--scheme', 'tvq', '--bits', '4']],
  ['TVQ 3 bits', ['--scheme', 'tvq', '--bits', '3']],
  ['TVQ 2 bits', ['--scheme', 'tvq', '--bits', '2']],
  ['RTVQ 3-bit base, 2-bit offsets', ['--scheme', 'rtvq']],
  ['balanced: bits by tensor', []],
];
let last;
for (const [name, flags] of schemes) {
  const file = join(
    folder,
    `${name
      .split(/[ :,]+/, 3)
      .join('-')
      .toLowerCase()}.tvq`,
  );
  const inputs = tasks.flatMap(task => ['--task', `${task}=${sample(task)}`]);
  const result = tvq(
    'quantize',
    '--base',
    sample('base'),
    ...inputs,
    ...flags,
    '-o',
    file,
    '--backend',
    'cpu',
  );
  const error = result.relativeErrors.reduce((sum, value) => sum + value, 0) / result.relativeErrors.length;
  const what = flags[1] === 'fq' ? 'of the weights' : 'of the task vectors';
  console.log(
    [
      name.padEnd(34),
      `${(result.bytes / 1000).toFixed(1)} kB`.padStart(9),
      `${((100 * result.bytes) / result.fp32Bytes).toFixed(1)} %`.padStart(11),
      result.bitsPerWeight.toFixed(2).padStart(14),
      `   ${(100 * error).toPrecision(2)} % ${what}`,
    ].join(''),
  );
  last = file;
}

const restored = join(folder, 'math');
const { output, tensors } = tvq(
  'restore',
  last,
  '--base',
  sample('base'),
  '--task',
  'math',
  '-o',
  restored,
  '--backend',
  'cpu',
);
const { damaged } = tvq('verify', last);
console.log(`\nRestored "math" from the last one: ${tensors} tensors in ${output}`);
console.log(`Checked it byte by byte: ${damaged.length === 0 ? 'whole' : damaged.join(', ')}`);
console.log(
  `(A model this small is mostly header; at 300 M weights RTVQ takes 2.4 bits per weight, balanced 1.5.)`,
);
console.log(`\nThe .tvq files are in ${folder}; look into one with: node dist/tvq.mjs inspect ${last}`);
