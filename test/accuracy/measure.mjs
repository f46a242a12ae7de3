/** One row of the bench: store, restore, merge, and see how well the encoder still works. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quantize } from './product.mjs';
import { bestOf, compareVectors, fidelity, gridPoints, mean } from './score.mjs';
import { readTensors } from './tensors.mjs';

/** Measures a row and passes each result to `show` as it comes; deletes what it writes under `folder`. */
export async function measureRow({ label, flags }, methods, { suite, engine, folder }, show) {
  const { base, tasks } = suite;
  const file = join(folder, 'row.tvq');
  const stored = flags ? await quantize(suite, flags, file) : await asTheyAre(tasks);
  const inputs = tasks.map(({ name, path }) => (flags ? { name, path: file, task: name } : { name, path }));
  const row = {
    label,
    flags: flags?.join(' '),
    bytes: stored.bytes,
    bitsPerWeight: stored.bitsPerWeight,
    ...(await measureTasks(flags ? file : undefined, { suite, engine, folder })),
    merges: {},
  };
  show(label, 'individual', { accuracy: row.individual, parameters: {} });
  for (const { name: method, grid } of methods) {
    const trials = [];
    for (const parameters of gridPoints(grid)) {
      const output = join(folder, 'merged');
      const { files } = await engine.merge(base, inputs, { method, parameters }, output);
      trials.push({ parameters, accuracy: await meanAccuracy(suite, output, files) });
      await rm(output, { recursive: true });
    }
    row.merges[method] = { ...bestOf(trials), trials };
    show(label, method, row.merges[method]);
  }
  await rm(file, { force: true });
  return row;
}

async function asTheyAre(tasks) {
  const sizes = await Promise.all(tasks.map(({ path }) => stat(path)));
  return { bytes: sizes.reduce((sum, { size }) => sum + size, 0), bitsPerWeight: 32 };
}

/** Each task with its own weights: how accurate they still are, and how well its vector was restored from `file`. */
async function measureTasks(file, { suite, engine, folder }) {
  const base = await readTensors(suite.base);
  const comparisons = [];
  const accuracies = {};
  for (const { name, path } of suite.tasks) {
    const tuned = await readTensors(path);
    const output = join(folder, 'restored.safetensors');
    if (file) await engine.restore(file, suite.base, name, output);
    const weights = file ? await readTensors(output) : tuned;
    comparisons.push(compareVectors(base, tuned, weights));
    accuracies[name] = await suite.accuracy(weights, name);
    await rm(output, { force: true });
  }
  return { ...fidelity(comparisons), individual: mean(Object.values(accuracies)), accuracies };
}

/** Mean over the tasks, of the one merged model, or of each task's own if the method writes one per task. */
async function meanAccuracy({ tasks, accuracy }, output, files) {
  const shared = files.includes('model.safetensors')
    ? await readTensors(join(output, 'model.safetensors'))
    : undefined;
  const accuracies = [];
  for (const { name } of tasks) {
    const weights = shared ?? (await readTensors(join(output, name, 'model.safetensors')));
    accuracies.push(await accuracy(weights, name));
  }
  return mean(accuracies);
}
