/**
 * `node test/bench/allocation.mjs`: times the bit allocator on synthetic curves. Limits: 2,000 tensors × 16 choices
 * prepared in 16 ms (a frame) and solved in 2 ms; 40,000 tensors prepared in 150 ms.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('../../extension/shared/allocation/index.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'esm',
});
const { alone, curve, prepare, solve, solveForError, update } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);

const CHOICES = 16;
const RUNS = 15;

/** About 2^−2b of the energy at b = 0.5, 1, … 8 bits, with noise that puts some choices off the hull. */
const choices = (elements, energy, list = CHOICES) =>
  Array.from({ length: list }, (_, codec) => {
    const bits = ((codec + 1) * 8) / list;
    return {
      codec,
      bytes: Math.ceil((elements * bits) / 8) + 64,
      error: energy * 2 ** (-2 * bits) * (1 + 0.5 * random()),
    };
  });

const tensor = () => Math.round(1024 * 2 ** (12 * random()));
const plain = count =>
  Array.from({ length: count }, (_, i) => alone(`tensor ${i}`, choices(tensor(), 2 ** (10 * random()))));

/** RTVQ: base choices × tasks × offset choices; a better base leaves smaller offsets. */
const shared = (count, tasks, bases, list) =>
  Array.from({ length: count }, (_, i) => {
    const elements = tensor();
    const energies = Array.from({ length: tasks }, () => 2 ** (10 * random()));
    return {
      name: `tensor ${i}`,
      base: { choices: choices(elements, 0, bases) },
      offsets: energies.map(energy => ({
        choices: Array.from({ length: bases }, (_, b) =>
          choices(elements, energy * (0.6 + 2 ** (-2 * b)), list),
        ),
      })),
    };
  });

console.log(
  `${cpus().length} x ${cpus()[0].model}, Node ${process.version}; best / median of ${RUNS} warm runs, ms\n`,
);
console.log(
  'groups                                   prepare  update 1  update 5%   solve  for error  curve(200)',
);
report('2,000 tensors x 16', plain(2000));
report('40,000 tensors x 16', plain(40_000));
report('300 tensors, 8 tasks, 4 bases x 8', shared(300, 8, 4, 8));
report('2,000 tensors, 20 tasks, 4 bases x 8', shared(2000, 20, 4, 8));

function report(name, groups) {
  const prepared = prepare(groups);
  const { smallest, largest } = prepared;
  const budget = i => smallest.bytes + ((largest.bytes - smallest.bytes) * (i + 1)) / (RUNS + 1);
  const target = i => largest.error * (smallest.error / largest.error) ** ((i + 1) / (RUNS + 1));
  const changes = share =>
    new Map(groups.map((group, g) => [g, group]).filter(([g]) => g % Math.round(1 / share) === 0));
  const [one, some] = [changes(1 / groups.length), changes(0.05)];
  const times = [
    () => prepare(groups),
    () => update(prepared, one),
    () => update(prepared, some),
    i => solve(prepared, budget(i)),
    i => solveForError(prepared, target(i)),
    () => curve(prepared, 200),
  ].map(measured);
  console.log(row(name, times));
}

function row(name, cells) {
  return name.padEnd(37) + cells.map(cell => cell.padStart(14)).join('');
}

/** "best / median" of some runs, after equally many to warm up. */
function measured(work) {
  for (let i = 0; i < RUNS; i++) work(i);
  const times = Array.from({ length: RUNS }, (_, i) => {
    const started = performance.now();
    work(i);
    return performance.now() - started;
  });
  times.sort((a, b) => a - b);
  return [times[0], times[RUNS >> 1]].map(time => time.toFixed(time < 10 ? 2 : 0)).join(' / ');
}

/** mulberry32 from a fixed seed. */
function random() {
  random.state = ((random.state ?? 1) + 0x6d2b79f5) | 0;
  let t = Math.imul(random.state ^ (random.state >>> 15), 1 | random.state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
