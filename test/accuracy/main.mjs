/**
 * `npm run accuracy -- SUITE_FOLDER`: do quantized and merged models still work? Stores the suite's task vectors in
 * every way of the paper's table, restores and merges them with the product, and evaluates what comes of it.
 * docs/accuracy.md says what a suite is, and what was measured.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureOriginals, measureRow } from './measure.mjs';
import { budgetRows, chooseMethods, chooseRows, parseRow } from './plan.mjs';
import { startEngine } from './product.mjs';
import { openSuite } from './suite.mjs';
import { formatRows, formatTrial } from './table.mjs';

const USAGE = `usage: npm run accuracy -- SUITE_FOLDER [options]
  --rows A,B          rows of the paper's table: all (default), none, or labels
  --budgets A,B       files of these sizes: 1.5bpw,1bpw,0.5bpw,0.25bpw (default), none, or sizes
  --row LABEL=FLAGS   a further row, by the flags of tvq quantize; repeat for more
  --methods A,B       merge methods: paper (default), all, none, or names
  --images N          only the first N test images (or windows of text) of each task
  --threads N         threads that compute (default: one a core)
  --json              print one JSON object, with every trial of every grid`;

const OPTIONS = {
  rows: { type: 'string', default: 'all' },
  budgets: { type: 'string', default: '1.5bpw,1bpw,0.5bpw,0.25bpw' },
  row: { type: 'string', multiple: true, default: [] },
  methods: { type: 'string', default: 'paper' },
  images: { type: 'string' },
  threads: { type: 'string', default: String(availableParallelism()) },
  json: { type: 'boolean', default: false },
};

async function main() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (positionals.length !== 1) throw new Error(USAGE);
  const rows = {
    paper: chooseRows(values.rows),
    ours: [...budgetRows(values.budgets), ...values.row.map(parseRow)],
  };
  const threads = count('--threads', values.threads);
  const images = values.images && count('--images', values.images);

  const folder = mkdtempSync(join(tmpdir(), 'tvq-accuracy-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

  const suite = await openSuite(positionals[0], { images, threads });
  const engine = startEngine(threads);
  try {
    const methods = chooseMethods(values.methods, await engine.methods(), suite.tasks.length, suite.kind);
    const started = performance.now();
    const seconds = () => Math.round((performance.now() - started) / 1000);
    const show = (label, what, trial) =>
      console.error(`${seconds()} s  ${label}  ${what}  ${formatTrial(trial, suite.metric)}`);
    const results = { kind: suite.kind, paper: [], ours: [], seconds: 0 };
    const context = { suite, engine, folder, originals: await measureOriginals(suite) };
    for (const part of ['paper', 'ours'])
      for (const row of rows[part]) results[part].push(await measureRow(row, methods, context, show));
    results.seconds = seconds();
    print(results, methods, suite.metric, values.json);
  } finally {
    engine.stop();
  }
}

function count(flag, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${flag} ${text}: a whole number from 1 was expected`);
  return Number(text);
}

function print(results, methods, metric, json) {
  if (json) return console.log(JSON.stringify(results, null, 2));
  const { paper, ours, seconds } = results;
  if (paper.length > 0) console.log(`The paper's table\n\n${formatRows(paper, methods, metric)}\n`);
  if (ours.length > 0) console.log(`Ours\n\n${formatRows(ours, methods, metric)}\n`);
  console.log(
    `${metric.name} ${metric.unit}(${metric.better} is better), over the tasks; merges at the best scale of their grid. ${seconds} s.`,
  );
}

await main().catch(error => {
  console.error(error.message);
  process.exitCode = 1;
});
