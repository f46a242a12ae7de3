/** One row of the bench: store, restore, merge, and see how well the encoder still works. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quantize } from './product.mjs';
import { bestOf, compareVectors, fidelity, gridPoints, mean } from './score.mjs';
import { readTensors } from './tensors.mjs';

/** What the fine-tuned checkpoints themselves do: by task, their metrics and the graph's outputs. */
export async function measureOriginals(suite) {
  const originals = new Map();
  for (const { name, path } of suite.tasks)
    originals.set(name, await suite.evaluate(await readTensors(path), name));
  return originals;
}

/** Measures a row and passes each result to `show` as it comes; deletes what it writes under `folder`. */
export async function measureRow({ label, flags }, methods, context, show) {
  const { suite, engine, folder } = context;
  const { base, tasks, metric } = suite;
  const file = join(folder, 'row.tvq');
  const stored = flags ? await quantize(suite, flags, file) : await asTheyAre(tasks);
  const inputs = tasks.map(({ name, path }) => (flags ? { name, path: file, task: name } : { name, path }));
  const row = {
    label,
    flags: flags?.join(' '),
    bytes: stored.bytes,
    bitsPerWeight: stored.bitsPerWeight,
    ...(await measureTasks(flags ? file : undefined, context)),
    merges: {},
  };
  show(label, 'individual', { value: row.individual, parameters: {} });
  for (const { name: method, grid } of methods) {
    const trials = [];
    for (const parameters of gridPoints(grid)) {
      const output = join(folder, 'merged');
      const merged = await engine.merge(base, inputs, { method, parameters }, output);
      trials.push({ parameters, ...(await measureMerged(context, output, merged.files)) });
      await rm(output, { recursive: true });
    }
    row.merges[method] = { ...bestOf(trials, metric.better), trials };
    show(label, method, row.merges[method]);
  }
  await rm(file, { force: true });
  return row;
}

async function asTheyAre(tasks) {
  const sizes = await Promise.all(tasks.map(({ path }) => stat(path)));
  return { bytes: sizes.reduce((sum, { size }) => sum + size, 0), bitsPerWeight: 32 };
}

/** Each task with its own weights: how good they still are, and how well its vector was restored from `file`. */
async function measureTasks(file, { suite, engine, folder, originals }) {
  const base = await readTensors(suite.base);
  const comparisons = [];
  const drifts = [];
  const metrics = {};
  for (const { name, path } of suite.tasks) {
    const tuned = await readTensors(path);
    const output = join(folder, 'restored.safetensors');
    if (file) await engine.restore(file, suite.base, name, output);
    const weights = file ? await readTensors(output) : tuned;
    comparisons.push(compareVectors(base, tuned, weights));
    const found = file ? await suite.evaluate(weights, name) : originals.get(name);
    metrics[name] = found.metrics;
    drifts.push(suite.drift(found.outputs, originals.get(name).outputs, name));
    await rm(output, { force: true });
  }
  return {
    ...fidelity(comparisons),
    drift: mean(drifts),
    individual: suite.total(metrics, metricsOf(originals)),
    metrics,
  };
}

const metricsOf = originals =>
  Object.fromEntries([...originals].map(([name, { metrics }]) => [name, metrics]));

/** The suite's number of one merged model, or of each task's own if the method writes one per task. */
async function measureMerged({ suite, originals }, output, files) {
  const shared = files.includes('model.safetensors')
    ? await readTensors(join(output, 'model.safetensors'))
    : undefined;
  const metrics = {};
  for (const { name } of suite.tasks) {
    const weights = shared ?? (await readTensors(join(output, name, 'model.safetensors')));
    metrics[name] = (await suite.evaluate(weights, name)).metrics;
  }
  return { value: suite.total(metrics, metricsOf(originals)), metrics };
}
